<?php

declare(strict_types=1);

namespace Bankchannel;

/** The answer to an exchange of a call, without its body. */
final class HttpExchange
{
    /**
     * @param string                $method    the method of the request
     * @param int                   $status    the HTTP status
     * @param array<string, string> $headers   the headers, with names in lower case; several of one name are joined by a comma;
     *                                         they may hold cookies and tokens
     * @param float                 $durationS the seconds until the head of the answer
     * @param string|null           $requestId the peer's id of the request, from its header `X-Request-ID`
     */
    public function __construct(
        public readonly string $method,
        public readonly int $status,
        public readonly array $headers,
        public readonly float $durationS,
        public readonly ?string $requestId = null,
    ) {
    }

    /**
     * @internal
     *
     * @param array{method: string, status: int, headers: array<string, string>, duration_s: float|int, request_id?: string} $answer in the library's form
     */
    public static function of(array $answer): self
    {
        return new self($answer['method'], $answer['status'], $answer['headers'], (float) $answer['duration_s'], $answer['request_id'] ?? null);
    }
}

<?php

declare(strict_types=1);

namespace Bankchannel\Bridge;

/**
 * The options of a call besides its time limit and its content.
 *
 * @internal
 */
final class Extras
{
    /**
     * @param string|null $requestId    sent as `X-Request-ID`
     * @param int|null    $retries      how often each exchange may be repeated; null is the client's setting
     * @param bool        $withResponse whether the response is given together with the answers to the exchanges
     * @param bool        $hooks        whether each request and each answer is reported
     * @param string|null $traceparent  of the trace that the call belongs to
     */
    public function __construct(
        public readonly ?string $requestId = null,
        public readonly ?int $retries = null,
        public readonly bool $withResponse = false,
        public readonly bool $hooks = false,
        public readonly ?string $traceparent = null,
    ) {
    }

    /** Whether everything has its default. */
    public function isPlain(): bool
    {
        return $this->requestId === null && $this->retries === null && !$this->withResponse && !$this->hooks && $this->traceparent === null;
    }
}

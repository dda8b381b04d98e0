<?php

declare(strict_types=1);

namespace Bankchannel\Exception;

/** The peer's own error. */
final class Peer
{
    /**
     * @param string|null $code      its own code, such as a `ResponseCode`
     * @param string|null $text      its own text
     * @param string|null $requestId its id of the request, to quote to its support
     */
    public function __construct(
        public readonly ?string $code,
        public readonly ?string $text,
        public readonly ?string $requestId,
    ) {
    }
}

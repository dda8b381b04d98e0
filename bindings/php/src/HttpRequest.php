<?php

declare(strict_types=1);

namespace Bankchannel;

/** A request of a call that begins: one attempt at an exchange. */
final class HttpRequest
{
    /**
     * @param string $operation the operation that was called, such as `ws_channel.list_files`
     * @param string $method    the method of the request
     * @param string $target    path and query as in logs: addresses, numbers and names in them are redacted
     * @param int    $attempt   the number of the attempt, from 1
     */
    public function __construct(
        public readonly string $operation,
        public readonly string $method,
        public readonly string $target,
        public readonly int $attempt,
    ) {
    }
}

<?php

declare(strict_types=1);

namespace Bankchannel\Bridge;

/**
 * An event of a call: its status, and the JSON and content that came with it.
 *
 * @internal
 */
final class Event
{
    public function __construct(
        public readonly int $status,
        public readonly string $json,
        public readonly ?string $content,
    ) {
    }
}

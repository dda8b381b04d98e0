<?php

declare(strict_types=1);

namespace Bankchannel;

/** The progress of a call. */
final class Progress
{
    /**
     * @param string   $text  the current step, for a person; empty if only the bytes have changed
     * @param int      $bytes bytes of the present message's body that were sent or received
     * @param int|null $total the total number of bytes, if it is known
     */
    public function __construct(
        public readonly string $text,
        public readonly int $bytes,
        public readonly ?int $total = null,
    ) {
    }
}

<?php

declare(strict_types=1);

namespace Bankchannel;

/** How far a call is. */
final class Progress
{
    /**
     * @param string   $text  what is being done, for a person; empty where only the bytes have changed
     * @param int      $bytes bytes of the present message's body that have gone out or come in
     * @param int|null $total how many there will be, where that is known
     */
    public function __construct(
        public readonly string $text,
        public readonly int $bytes,
        public readonly ?int $total = null,
    ) {
    }
}

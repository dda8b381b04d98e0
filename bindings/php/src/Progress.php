<?php

declare(strict_types=1);

namespace Bankchannel;

/** The progress of a call. */
final class Progress
{
    /**
     * @param string      $text      the current step, for a person; empty in a call of one exchange
     * @param int         $bytes     bytes of the present message's body that were sent or received
     * @param int|null    $total     the total number of these bytes, if it is known
     * @param string|null $direction whether the bytes are sent (`send`) or received (`receive`); null when a step begins
     * @param int         $step      the number of the current step, from 1; 0 if the call has no steps
     * @param int|null    $steps     the number of steps, if it is known
     * @param int|null    $file      the number of the current file, from 1, in a call for several files
     * @param int|null    $files     the number of files
     * @param float|null  $fraction  the share of the whole call that is done, from 0 to 1, if it is known: for a bar; it
     *                               never falls
     */
    public function __construct(
        public readonly string $text,
        public readonly int $bytes,
        public readonly ?int $total = null,
        public readonly ?string $direction = null,
        public readonly int $step = 0,
        public readonly ?int $steps = null,
        public readonly ?int $file = null,
        public readonly ?int $files = null,
        public readonly ?float $fraction = null,
    ) {
    }
}

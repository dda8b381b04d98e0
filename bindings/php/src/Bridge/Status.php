<?php

declare(strict_types=1);

namespace Bankchannel\Bridge;

/**
 * The status of a native function: `BankchannelStatus` of bankchannel.h.
 *
 * @internal
 */
final class Status
{
    public const OK = 0;
    public const ERROR = 1;
    public const MISUSE = 2;
    public const ASK = 3;
    public const WANT_PIECE = 4;
    public const PIECE = 5;
    public const PROGRESS = 6;
    public const EXCHANGE = 7;
}

<?php

declare(strict_types=1);

namespace Bankchannel\Bridge;

/**
 * The reply that continues a call: `BankchannelReply` of bankchannel.h.
 *
 * @internal
 */
final class Reply
{
    public const GO = 0;
    public const ANSWER = 1;
    public const PIECE = 2;
    public const END = 3;
    public const FAIL = 4;
}

<?php

declare(strict_types=1);

namespace Bankchannel\Bridge;

/**
 * A source or destination of content: `BankchannelContent` of bankchannel.h, and the bytes or the path.
 *
 * @internal
 */
final class Place
{
    public const DEFAULT = 0;
    public const BYTES = 1;
    public const PATH = 2;
    public const REPLACE = 3;
    public const PIECES = 4;

    public function __construct(
        public readonly int $kind = self::DEFAULT,
        public readonly string $data = '',
    ) {
    }
}

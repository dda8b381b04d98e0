<?php

declare(strict_types=1);

namespace Bankchannel\Tests\Support;

/** A stream, `failing://`, that returns some data and then throws; a write throws at once. */
final class FailingStream
{
    public mixed $context = null;

    private int $reads = 0;

    public static function open(string $mode): mixed
    {
        if (!in_array('failing', stream_get_wrappers(), true)) {
            stream_wrapper_register('failing', self::class);
        }

        return fopen('failing://x', $mode);
    }

    public function stream_open(): bool
    {
        return true;
    }

    public function stream_read(int $count): string
    {
        if (++$this->reads > 2) {
            throw new \RuntimeException('the tape tore');
        }

        return str_repeat('x', min($count, 8192));
    }

    public function stream_write(string $data): int
    {
        throw new \RuntimeException('the disk is full');
    }

    public function stream_eof(): bool
    {
        return false;
    }

    /** @return array<string, int> */
    public function stream_stat(): array
    {
        return [];
    }

    public function stream_set_option(): bool
    {
        return false;
    }
}

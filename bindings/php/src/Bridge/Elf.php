<?php

declare(strict_types=1);

namespace Bankchannel\Bridge;

/**
 * Information from a Linux shared library: its length, and, if it cannot be loaded, its C library; before PHP 8.3 the
 * system loader's message is not available.
 *
 * @internal
 */
final class Elf
{
    /** The most bytes read of a file: names of libraries are near its beginning. */
    private const READ = 16777216;

    private function __construct(private readonly string $data)
    {
    }

    /** The information of an ELF file. */
    public static function of(string $file): self
    {
        return new self((string) @file_get_contents($file, false, null, 0, self::READ));
    }

    /**
     * The least length of a 64-bit library in bytes, by its table of segments; 0 for any other file. The loader does
     * not check it: SIGBUS ends a program that accesses the missing part of a shorter file.
     */
    public static function length(string $file): int
    {
        $head = (string) @file_get_contents($file, false, null, 0, 64);
        if (\strlen($head) < 64 || !str_starts_with($head, "\x7fELF\x02\x01")) {
            return 0;
        }
        /** @var array{table: int, size: int, count: int} $of */
        $of = unpack('@32/Ptable/@54/vsize/vcount', $head);
        $table = (string) @file_get_contents($file, false, null, $of['table'], $of['size'] * $of['count']);
        $length = $of['table'] + $of['size'] * $of['count'];
        foreach ($of['size'] < 56 ? [] : str_split($table, $of['size']) as $entry) {
            if (\strlen($entry) === $of['size']) {
                /** @var array{offset: int, bytes: int} $segment */
                $segment = unpack('@8/Poffset/@32/Pbytes', $entry);
                $length = max($length, $segment['offset'] + $segment['bytes']);
            }
        }

        return $length;
    }

    /** Whether it needs musl's C library. */
    public function isMusl(): bool
    {
        return preg_match('/\x00(?:libc\.musl-|ld-musl-)\w+\.so\.1\x00/', $this->data) === 1;
    }

    /** The newest version of the GNU C library that a symbol needs: `2.34`; null if it needs none. */
    public function glibc(): ?string
    {
        preg_match_all('/\x00GLIBC_(\d+\.\d+)(?:\.\d+)?(?=\x00)/', $this->data, $found);
        usort($found[1], 'version_compare');

        return $found[1] === [] ? null : $found[1][\count($found[1]) - 1];
    }
}

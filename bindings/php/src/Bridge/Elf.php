<?php

declare(strict_types=1);

namespace Bankchannel\Bridge;

/**
 * What a shared library of Linux says about itself: how long it must be, and, when it cannot be loaded, what it was built
 * for; the system's loader tells PHP before 8.3 nothing.
 *
 * @internal
 */
final class Elf
{
    /** The machines' numbers in an ELF header, of those that the library is built for or may be confused with. */
    private const MACHINES = [3 => 'i686', 40 => 'arm', 62 => 'x86_64', 183 => 'aarch64', 243 => 'riscv64'];

    /** More of a file than this is not read: names of libraries stand near its beginning. */
    private const READ = 16777216;

    private function __construct(
        /** `x86_64`, `aarch64`, …; a number where it has no name here. */
        public readonly string $machine,
        /** 32 or 64. */
        public readonly int $bits,
        private readonly string $data,
    ) {
    }

    /** A file's; null when it is no ELF file. */
    public static function of(string $file): ?self
    {
        $data = (string) @file_get_contents($file, false, null, 0, self::READ);
        if (\strlen($data) < 20 || !str_starts_with($data, "\x7fELF")) {
            return null;
        }
        // All machines here are little-endian, and so say the files that are for them.
        $machine = unpack('v', $data, 18)[1] ?? 0;

        return new self(self::MACHINES[$machine] ?? "machine {$machine}", $data[4] === "\x01" ? 32 : 64, $data);
    }

    /**
     * How many bytes a 64-bit library must have at least, by its table of segments; 0 for any other file. The loader does
     * not look: a program that touches what a shorter file lacks is ended by SIGBUS.
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

    /** Whether it asks for musl's C library. */
    public function isMusl(): bool
    {
        return preg_match('/\x00(?:libc\.musl-|ld-musl-)\w+\.so\.1\x00/', $this->data) === 1;
    }

    /** The latest version of the GNU C library that a symbol asks for: `2.34`; null when it asks for none. */
    public function glibc(): ?string
    {
        preg_match_all('/\x00GLIBC_(\d+\.\d+)(?:\.\d+)?(?=\x00)/', $this->data, $found);
        usort($found[1], 'version_compare');

        return $found[1] === [] ? null : $found[1][\count($found[1]) - 1];
    }
}

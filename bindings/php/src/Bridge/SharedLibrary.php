<?php

declare(strict_types=1);

namespace Bankchannel\Bridge;

/**
 * The system and the machine that a shared library is for: a library of another platform may have been copied here.
 *
 * @internal
 */
final class SharedLibrary
{
    /** The machines that the library is built for, or may be confused with, by their numbers in ELF, PE and Mach-O files. */
    private const MACHINES = [
        'Linux' => [3 => 'i686', 40 => 'arm', 62 => 'x86_64', 183 => 'aarch64', 243 => 'riscv64'],
        'Windows' => [0x014C => 'i686', 0x8664 => 'x86_64', 0xAA64 => 'aarch64'],
        'Darwin' => [0x01000007 => 'x86_64', 0x0100000C => 'aarch64'],
    ];

    private function __construct(
        /** As `PHP_OS_FAMILY` names it. */
        public readonly string $system,
        /** `x86_64`, `aarch64`, …; a number if it has no name here. */
        public readonly string $machine,
        /** 32 or 64. */
        public readonly int $bits,
    ) {
    }

    /** The information in a file's head; null if it is no shared library of these systems. */
    public static function of(string $file): ?self
    {
        $head = (string) @file_get_contents($file, false, null, 0, 4096);
        $pe = self::number('V', $head, 60);

        // All machines here are little-endian, and so are the files for them.
        return match (true) {
            str_starts_with($head, "\x7fELF") => self::made('Linux', self::number('v', $head, 18), ($head[4] ?? '') === "\x01" ? 32 : 64),
            str_starts_with($head, "\xcf\xfa\xed\xfe") => self::made('Darwin', self::number('V', $head, 4), 64),
            // The kind of its optional header.
            str_starts_with($head, 'MZ') && $pe !== null && substr($head, $pe, 4) === "PE\0\0" => self::made('Windows', self::number('v', $head, $pe + 4), self::number('v', $head, $pe + 24) === 0x10B ? 32 : 64),
            default => null,
        };
    }

    private static function made(string $system, ?int $machine, int $bits): ?self
    {
        return $machine === null ? null : new self($system, self::MACHINES[$system][$machine] ?? "machine {$machine}", $bits);
    }

    /** A number in the file's head; null if the file ends before it. */
    private static function number(string $format, string $head, int $at): ?int
    {
        $found = \strlen($head) < $at + ($format === 'v' ? 2 : 4) ? null : (unpack($format, $head, $at)[1] ?? null);

        return \is_int($found) ? $found : null;
    }
}

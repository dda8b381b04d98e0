<?php

declare(strict_types=1);

namespace Bankchannel\Bridge;

use Bankchannel\Exception\BankchannelException;

/**
 * Finds the native library and loads it. What is in the way of that, `Diagnosis` says.
 *
 * @internal
 */
final class Library
{
    /** The environment variable that names the library's file. */
    public const VARIABLE = 'BANKCHANNEL_LIBRARY';

    /** What the system's loader knows an installed library as. */
    public const INSTALLED = 'libbankchannel.so.1';

    /** The scope that `ffi.preload` makes of bankchannel.h. */
    private const SCOPE = 'bankchannel';

    /** What tells the versions: of a library that does not fit, no more than this might load. */
    private const VERSIONS = 'uint32_t bankchannel_abi_version(void); const char *bankchannel_version(void);';

    private static ?\FFI $loaded = null;

    /** @throws BankchannelException when the library cannot be used; the message says what to install or set. */
    public static function get(): \FFI
    {
        return self::$loaded ??= self::load();
    }

    /**
     * Memory of C that was just made.
     *
     * PHP declares that it may be none, and throws in that case.
     */
    public static function made(?\FFI\CData $made): \FFI\CData
    {
        return $made ?? throw new \LogicException('FFI gave no memory.');
    }

    /** The folder of this platform's library below `lib/` of the package: `x86_64-linux-gnu`. */
    public static function platform(): string
    {
        $machine = match (strtolower(php_uname('m'))) {
            'amd64', 'x86_64' => 'x86_64',
            'arm64', 'aarch64' => 'aarch64',
            default => strtolower(php_uname('m')),
        };

        return match (PHP_OS_FAMILY) {
            'Darwin' => "{$machine}-darwin",
            'Linux' => $machine . (self::isMusl() ? '-linux-musl' : '-linux-gnu'),
            default => $machine . '-' . strtolower(PHP_OS_FAMILY),
        };
    }

    /** The package's own header. @throws BankchannelException */
    public static function header(): string
    {
        $path = \dirname(__DIR__, 2) . '/bankchannel.h';
        $text = is_readable($path) ? file_get_contents($path) : false;

        return $text === false ? throw Diagnosis::packageDamaged("{$path} cannot be read") : $text;
    }

    /** The library's file: the one that is named, the package's, or the one that is installed. @throws BankchannelException */
    public static function file(): string
    {
        $given = getenv(self::VARIABLE);
        if (\is_string($given) && $given !== '') {
            // A name without a slash is looked for by the system's loader, and not where PHP stands.
            $file = is_file($given) ? realpath($given) : false;

            return $file === false ? throw Diagnosis::fileMissing($given) : self::whole($file);
        }
        $own = self::own();

        return is_file($own) ? self::whole($own) : self::INSTALLED;
    }

    /** A file that is as long as it says. @throws BankchannelException */
    private static function whole(string $file): string
    {
        $needed = PHP_OS_FAMILY === 'Linux' ? Elf::length($file) : 0;
        $found = (int) filesize($file);

        return $found < $needed ? throw Diagnosis::truncated($file, $found, $needed) : $file;
    }

    /** Where the package has its library for this platform. */
    public static function own(): string
    {
        return \dirname(__DIR__, 2) . '/lib/' . self::platform() . (PHP_OS_FAMILY === 'Darwin' ? '/libbankchannel.dylib' : '/libbankchannel.so');
    }

    /** @throws BankchannelException */
    private static function load(): \FFI
    {
        Diagnosis::isAvailable();
        $header = self::header();
        // Where ffi.preload names bankchannel.h, the library is loaded already, once for all workers.
        $scope = self::preloaded();
        if ($scope !== null) {
            self::compare($scope->bankchannel_abi_version(), $scope->bankchannel_version(), $header);
            Diagnosis::preloadedHeaderFits($header);

            return $scope;
        }
        $file = null;
        try {
            $file = self::file();
            $versions = \FFI::cdef(self::VERSIONS, $file);
            self::compare($versions->bankchannel_abi_version(), $versions->bankchannel_version(), $header);

            return \FFI::cdef($header, $file);
        } catch (\FFI\Exception $why) {
            throw Diagnosis::of($file, $why);
        }
    }

    private static function preloaded(): ?\FFI
    {
        if ((string) \ini_get('ffi.preload') === '') {
            return null;
        }
        try {
            return \FFI::scope(self::SCOPE);
        } catch (\FFI\Exception) {
            // Other headers are preloaded, this one is not.
            return null;
        }
    }

    /** @throws BankchannelException */
    private static function compare(int $found, string $version, string $header): void
    {
        if (preg_match('/BANKCHANNEL_ABI_VERSION = (\d+)/', $header, $match) !== 1) {
            throw Diagnosis::packageDamaged('bankchannel.h names no BANKCHANNEL_ABI_VERSION');
        }
        if ($found < (int) $match[1]) {
            throw Diagnosis::libraryTooOld($version, $found, (int) $match[1]);
        }
    }

    private static function isMusl(): bool
    {
        try {
            // Only the GNU library has this.
            \FFI::cdef('const char *gnu_get_libc_version(void);');

            return false;
        } catch (\FFI\Exception $why) {
            // FFI that may not be used says nothing about the system.
            return !str_contains($why->getMessage(), 'restricted');
        }
    }
}

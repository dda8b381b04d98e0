<?php

declare(strict_types=1);

namespace Bankchannel\Bridge;

use Bankchannel\Environment;
use Bankchannel\Exception\BankchannelException;

/**
 * Finds the native library and loads it. `Diagnosis` explains failures.
 *
 * @internal
 */
final class Library
{
    /** The environment variable that names the library's file. */
    public const VARIABLE = 'BANKCHANNEL_LIBRARY';

    /** The name of an installed library for the system's loader, with the number of its contract. */
    public const INSTALLED = PHP_OS_FAMILY === 'Windows' ? 'bankchannel-1.dll' : (PHP_OS_FAMILY === 'Darwin' ? 'libbankchannel.1.dylib' : 'libbankchannel.so.1');

    /** The name of the library's file inside this package. */
    private const PACKED = PHP_OS_FAMILY === 'Windows' ? 'bankchannel.dll' : (PHP_OS_FAMILY === 'Darwin' ? 'libbankchannel.dylib' : 'libbankchannel.so');

    /** Where libraries are installed on macOS: by hand, by Homebrew on arm64, by MacPorts. */
    private const FOLDERS_OF_MACOS = ['/usr/local/lib', '/opt/homebrew/lib', '/opt/local/lib'];

    /** The FFI scope that `ffi.preload` creates from bankchannel.h. */
    private const SCOPE = 'bankchannel';

    /** The version functions: only these may be loadable from a library that does not match. */
    private const VERSIONS = 'uint32_t bankchannel_abi_version(void); const char *bankchannel_version(void);';

    private static ?\FFI $loaded = null;

    /** @throws BankchannelException when the library cannot be used; the message says what to install or set. */
    public static function get(): \FFI
    {
        return self::$loaded ??= self::load();
    }

    /**
     * Memory that was just allocated by FFI.
     *
     * PHP declares that it may be null, but throws in that case.
     */
    public static function made(?\FFI\CData $made): \FFI\CData
    {
        return $made ?? throw new \LogicException('FFI gave no memory.');
    }

    /** The folder of this platform's library below `lib/` of the package: `x86_64-linux-gnu`. */
    public static function platform(): string
    {
        $named = strtolower(self::machine());
        $machine = match ($named) {
            'amd64', 'x86_64' => 'x86_64',
            'arm64', 'aarch64' => 'aarch64',
            default => $named,
        };

        return match (PHP_OS_FAMILY) {
            'Darwin' => "{$machine}-darwin",
            'Linux' => $machine . (self::isMusl() ? '-linux-musl' : '-linux-gnu'),
            default => $machine . '-' . strtolower(PHP_OS_FAMILY),
        };
    }

    /** The processor's name. A hardened php.ini may disable `php_uname`: then the program file of PHP tells it. */
    private static function machine(): string
    {
        if (\function_exists('php_uname')) {
            return php_uname('m');
        }
        // The machine in the header of an ELF or a Mach-O file.
        $head = PHP_OS_FAMILY === 'Darwin' ? @file_get_contents(PHP_BINARY, false, null, 4, 4) : @file_get_contents('/proc/self/exe', false, null, 18, 2);

        return match ($head) {
            "\x3e\x00", "\x07\x00\x00\x01" => 'x86_64',
            "\xb7\x00", "\x0c\x00\x00\x01" => 'aarch64',
            default => 'unknown',
        };
    }

    /** The package's own header. @throws BankchannelException */
    public static function header(): string
    {
        $path = \dirname(__DIR__, 2) . '/bankchannel.h';
        $text = is_readable($path) ? file_get_contents($path) : false;

        return $text === false ? throw Diagnosis::packageDamaged("{$path} cannot be read") : $text;
    }

    /** The library's file: the named one, the package's, or the installed one. @throws BankchannelException */
    public static function file(): string
    {
        $given = Environment::ofProcess(self::VARIABLE);
        if (\is_string($given) && $given !== '') {
            // With its folder: for a name without a slash the system's loader searches elsewhere.
            $file = is_file($given) ? realpath($given) : false;

            return $file === false ? throw Diagnosis::fileMissing($given) : self::whole($file);
        }
        $own = self::own();

        return is_file($own) ? self::whole($own) : self::installed();
    }

    /**
     * The installed library. The loaders of Windows and macOS search PHP's current folder, too, and others may be able to
     * write there: so they are not asked.
     *
     * @throws BankchannelException
     */
    private static function installed(): string
    {
        if (PHP_OS_FAMILY === 'Darwin') {
            $folders = self::FOLDERS_OF_MACOS;
        } elseif (PHP_OS_FAMILY === 'Windows') {
            $folders = preg_grep('#^([a-z]:[\\\\/]|\\\\\\\\)#i', explode(PATH_SEPARATOR, (string) Environment::ofProcess('PATH')));
        } else {
            return self::INSTALLED;
        }
        foreach ($folders ?: [] as $folder) {
            $file = rtrim($folder, '\\/') . DIRECTORY_SEPARATOR . self::INSTALLED;
            if (is_file($file)) {
                return $file;
            }
        }

        throw Diagnosis::nowhere();
    }

    /** A file with its complete length. @throws BankchannelException */
    private static function whole(string $file): string
    {
        $needed = PHP_OS_FAMILY === 'Linux' ? Elf::length($file) : 0;
        $found = (int) filesize($file);

        return $found < $needed ? throw Diagnosis::truncated($file, $found, $needed) : $file;
    }

    /** The package's library file for this platform. The system loads none from a phar: then it is beside the phar. */
    public static function own(): string
    {
        $phar = self::phar();

        return ($phar !== '' ? \dirname($phar) : \dirname(__DIR__, 2) . '/lib/' . self::platform()) . '/' . self::PACKED;
    }

    /** The phar that this package is in; empty if there is none. */
    public static function phar(): string
    {
        return str_starts_with(__FILE__, 'phar://') ? \Phar::running(false) : '';
    }

    /** @throws BankchannelException */
    private static function load(): \FFI
    {
        Diagnosis::isAvailable();
        $header = self::header();
        // If ffi.preload names bankchannel.h, the library is already loaded, once for all workers.
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
        if (!\function_exists('ini_get') || (string) \ini_get('ffi.preload') === '') {
            return null;
        }
        try {
            return \FFI::scope(self::SCOPE);
        } catch (\FFI\Exception) {
            // Other headers are preloaded, but not this one.
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
            // Only the GNU library has this function.
            \FFI::cdef('const char *gnu_get_libc_version(void);');

            return false;
        } catch (\FFI\Exception $why) {
            // If FFI is restricted, this tells nothing about the system.
            return !str_contains($why->getMessage(), 'restricted');
        }
    }
}

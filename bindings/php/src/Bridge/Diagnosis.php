<?php

declare(strict_types=1);

namespace Bankchannel\Bridge;

use Bankchannel\Environment;
use Bankchannel\Exception\ConfigurationException;

/**
 * The reasons why the native library cannot be used, in the order in which users meet the faults, each with its remedy.
 *
 * Every error is a `ConfigurationException` whose context has a `reason`: `ffi_missing`, `ffi_disabled`, `ffi_restricted`,
 * `library_missing`, `library_truncated`, `library_wrong_platform`, `library_unloadable`, `library_too_old`, `header_mismatch`,
 * `package_damaged`.
 *
 * @internal
 */
final class Diagnosis
{
    private const IS_WINDOWS = PHP_OS_FAMILY === 'Windows';

    /** PHP for Windows preloads nothing. */
    private const ENABLE = 'set `ffi.enable=true` in php.ini, and restart the web server';

    /** The first two faults: FFI is missing, or switched off. @throws ConfigurationException */
    public static function isAvailable(): void
    {
        if (!\extension_loaded('ffi')) {
            throw self::error('ffi_missing', 'the PHP extension ffi is not loaded', (self::IS_WINDOWS ? 'enable it with `extension=ffi` in php.ini' : 'install it (Debian and Ubuntu: it comes with php-cli and php-fpm, enable it with `phpenmod ffi`; Docker: `docker-php-ext-install ffi`; Alpine: `apk add php-ffi`)') . ' and see that `php -m` lists FFI');
        }
        // A hardened php.ini may disable the function itself.
        if (\function_exists('ini_get') && \in_array(strtolower((string) \ini_get('ffi.enable')), ['0', '', 'false', 'off', 'no'], true)) {
            throw self::error('ffi_disabled', 'FFI is switched off by `ffi.enable`', self::IS_WINDOWS ? self::ENABLE : 'set `ffi.enable=preload` in php.ini; in a web server also `opcache.preload` (see "In a web server" in README.md of this package)');
        }
    }

    /** The reason why loading this file failed; null if there was no search for it. */
    public static function of(?string $file, \FFI\Exception $why): ConfigurationException
    {
        $message = $why->getMessage();
        if ($file === null || str_contains($message, 'restricted')) {
            return self::error('ffi_restricted', 'this PHP lets only preloaded code use FFI (`ffi.enable=preload` in a web server)', self::IS_WINDOWS ? self::ENABLE : 'set `opcache.preload` to ' . \dirname(__DIR__, 2) . '/preload.php and `opcache.preload_user` to the user of the server (for `php -S` also `opcache.enable_cli=1`), or `ffi.enable=true`, and restart the server');
        }
        if (preg_match("/resolving C (?:function|variable) '(\\w+)'/", $message, $match) === 1) {
            return self::headerMismatch("bankchannel.h of the package has {$match[1]}, and the library {$file} has not");
        }
        if (!is_file($file)) {
            return $file === Library::INSTALLED ? self::nowhere() : self::fileMissing($file);
        }

        return self::unloadable($file, $message);
    }

    /** The file that was named does not exist. */
    public static function fileMissing(string $file): ConfigurationException
    {
        return self::error('library_missing', 'the environment variable ' . Library::VARIABLE . " names {$file}, which is no file", 'correct it, or unset it to use the library inside the package', ['file' => $file]);
    }

    /** The file is shorter than the library: an interrupted copy or download. */
    public static function truncated(string $file, int $found, int $needed): ConfigurationException
    {
        return self::error('library_truncated', "{$file} has {$found} bytes, and the library in it needs {$needed}", 'copy or install it anew; ' . self::whence(), ['file' => $file]);
    }

    /** The library has an older ABI than the package needs. */
    public static function libraryTooOld(string $version, int $found, int $needed): ConfigurationException
    {
        return self::error('library_too_old', "the native library is version {$version}, older than this package: it keeps contract {$found}, and {$needed} is needed", 'install library and package of one version; ' . self::whence(), ['version' => $version, 'found' => (string) $found, 'needed' => (string) $needed]);
    }

    public static function packageDamaged(string $what): ConfigurationException
    {
        return self::error('package_damaged', "the package is damaged: {$what}", 'install it anew: `composer reinstall bankchannel/bankchannel`');
    }

    /**
     * `ffi.preload` may name the header of another package version, or a copy with the library's path in it.
     *
     * @throws ConfigurationException
     */
    public static function preloadedHeaderFits(string $header): void
    {
        $declared = static fn (string $text): string => (string) preg_replace('/^#define FFI_.*\R/m', '', $text);
        foreach (explode(PATH_SEPARATOR, \function_exists('ini_get') ? (string) \ini_get('ffi.preload') : '') as $path) {
            if (basename($path) === 'bankchannel.h' && is_readable($path) && $declared((string) file_get_contents($path)) !== $declared($header)) {
                throw self::headerMismatch("`ffi.preload` names {$path}, which is of another version than the package in " . \dirname(__DIR__, 2));
            }
        }
    }

    private static function headerMismatch(string $what): ConfigurationException
    {
        return self::error('header_mismatch', "header and library do not fit: {$what}", 'install library and package of one version; ' . self::whence());
    }

    /** There is neither a library in the package nor an installed one. */
    public static function nowhere(): ConfigurationException
    {
        if (Library::phar() !== '') {
            return self::error('library_missing', 'no native library can be loaded from inside of a phar, ' . Library::own() . ' does not exist, and ' . Library::INSTALLED . ' is not installed in the system', 'copy lib/' . Library::platform() . '/' . basename(Library::own()) . ' of the package beside the phar, or install the C library, or name its file in the environment variable ' . Library::VARIABLE);
        }

        return self::error('library_missing', 'there is no native library: ' . Library::own() . ' does not exist, and ' . Library::INSTALLED . ' is not installed in the system', 'install the package for ' . Library::platform() . ', or install the C library, or name its file in the environment variable ' . Library::VARIABLE);
    }

    /** The system does not load the existing file: its message is short, the file itself tells more. */
    private static function unloadable(string $file, string $message): ConfigurationException
    {
        $context = ['file' => $file];
        $platform = Library::platform();
        $right = "install the package for {$platform}";
        $found = SharedLibrary::of($file);
        if ($found === null || $found->system !== PHP_OS_FAMILY) {
            $systems = ['Darwin' => 'macOS'];
            $here = $systems[PHP_OS_FAMILY] ?? PHP_OS_FAMILY;

            return self::error('library_wrong_platform', "{$file} is no shared library of {$here}" . ($found === null ? '' : ', but of ' . ($systems[$found->system] ?? $found->system)), $right, $context);
        }
        if (($found->machine . $found->bits) !== (explode('-', $platform)[0] . 8 * PHP_INT_SIZE)) {
            return self::error('library_wrong_platform', "{$file} is for {$found->machine} with {$found->bits} bits, and this PHP is for " . explode('-', $platform)[0] . ' with ' . 8 * PHP_INT_SIZE . ' bits', $right, $context);
        }
        if (PHP_OS_FAMILY === 'Windows') {
            return self::error('library_unloadable', "{$file} cannot be loaded: {$message}", 'see whether the system is Windows 10 or later, and whether its virus scanner has blocked the file', $context);
        }
        if (PHP_OS_FAMILY === 'Darwin') {
            return self::error('library_unloadable', "{$file} cannot be loaded: {$message}", 'see what `otool -L` says of it, and whether `xattr` names it as quarantined', $context);
        }
        $elf = Elf::of($file);
        if ($elf->isMusl() !== str_ends_with($platform, '-musl')) {
            return self::error('library_wrong_platform', "{$file} is for " . ($elf->isMusl() ? 'musl' : 'the GNU C library') . ', and this PHP is for ' . ($elf->isMusl() ? 'the GNU C library' : 'musl'), $right, $context);
        }
        $wanted = $elf->glibc();
        if ($wanted !== null && version_compare($wanted, self::glibc(), '>')) {
            return self::error('library_wrong_platform', "{$file} needs the GNU C library {$wanted} or later, and this system has " . self::glibc(), 'install it on a later system, or build the library on this one', $context);
        }

        return self::error('library_unloadable', "{$file} cannot be loaded: {$message}", 'see what `ldd` says of it, and whether its file system is mounted with noexec', $context);
    }

    private static function glibc(): string
    {
        return \FFI::cdef('const char *gnu_get_libc_version(void);')->gnu_get_libc_version();
    }

    private static function whence(): string
    {
        $given = Environment::ofProcess(Library::VARIABLE);

        return \is_string($given) && $given !== '' ? 'the library is named by ' . Library::VARIABLE : '`composer reinstall bankchannel/bankchannel` brings both';
    }

    /** @param array<string, string> $context */
    private static function error(string $reason, string $what, string $remedy, array $context = []): ConfigurationException
    {
        return new ConfigurationException([
            'code' => 'configuration.invalid',
            'category' => 'configuration',
            'message' => "bankchannel cannot start: {$what}. What to do: {$remedy}.",
            'context' => ['reason' => $reason] + $context,
        ]);
    }
}

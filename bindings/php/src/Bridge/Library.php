<?php

declare(strict_types=1);

namespace Bankchannel\Bridge;

use Bankchannel\Exception\BankchannelException;
use Bankchannel\Exception\ConfigurationException;

/**
 * Finds and loads the native library, and says in order what is missing when it cannot.
 *
 * @internal
 */
final class Library
{
    /** The scope that `ffi.preload` makes of bankchannel.h. */
    private const SCOPE = 'bankchannel';

    /** The environment variable that names the library's file. */
    private const VARIABLE = 'BANKCHANNEL_LIBRARY';

    private static ?\FFI $loaded = null;

    /** @throws BankchannelException */
    public static function get(): \FFI
    {
        return self::$loaded ??= self::load();
    }

    /** @throws BankchannelException */
    private static function load(): \FFI
    {
        if (!extension_loaded('ffi')) {
            throw self::broken('the PHP extension ffi is not loaded: install it (Debian: php-cli holds it) and enable `extension=ffi`');
        }
        $enabled = strtolower((string) ini_get('ffi.enable'));
        if (in_array($enabled, ['0', '', 'false', 'off', 'no'], true)) {
            throw self::broken('FFI is switched off: set `ffi.enable=preload` in php.ini');
        }
        try {
            // Where ffi.preload names bankchannel.h, the library is loaded already, once for all workers.
            return self::checked(\FFI::scope(self::SCOPE));
        } catch (\FFI\Exception) {
            // Not preloaded: it is loaded here and now.
        }
        $header = self::header();
        $file = self::file();
        try {
            // Only what tells the versions: of a library that does not fit, not even this header might load.
            $versions = \FFI::cdef('uint32_t bankchannel_abi_version(void); const char *bankchannel_version(void);', $file);
            self::compare($versions->bankchannel_abi_version(), (string) $versions->bankchannel_version(), $header);

            return \FFI::cdef($header, $file);
        } catch (\FFI\Exception $why) {
            if (str_contains($why->getMessage(), 'restricted')) {
                throw self::broken('this PHP allows FFI to preloaded code only: set `ffi.preload` to bankchannel.h and `opcache.preload` to preload.php of this package (with `opcache.enable_cli=1` for `php -S`)');
            }
            throw self::broken("the native library {$file} cannot be loaded: {$why->getMessage()}");
        }
    }

    /** @throws BankchannelException */
    private static function checked(\FFI $scope): \FFI
    {
        self::compare($scope->bankchannel_abi_version(), (string) $scope->bankchannel_version(), self::header());

        return $scope;
    }

    /** @throws BankchannelException */
    private static function compare(int $found, string $version, string $header): void
    {
        if (preg_match('/BANKCHANNEL_ABI_VERSION = (\d+)/', $header, $match) !== 1) {
            throw self::broken('bankchannel.h of this package is damaged: it names no BANKCHANNEL_ABI_VERSION');
        }
        if ($found < (int) $match[1]) {
            throw self::broken("the native library is version {$version}, older than this package: it keeps contract {$found}, and {$match[1]} is needed");
        }
    }

    /** @throws BankchannelException */
    private static function header(): string
    {
        $path = dirname(__DIR__, 2) . '/bankchannel.h';
        $text = is_readable($path) ? file_get_contents($path) : false;
        if ($text === false) {
            throw self::broken("{$path} of this package cannot be read");
        }

        return $text;
    }

    /** @throws BankchannelException */
    private static function file(): string
    {
        $given = getenv(self::VARIABLE);
        if (is_string($given) && $given !== '') {
            if (!is_file($given)) {
                throw self::broken('the environment variable ' . self::VARIABLE . " names {$given}, which does not exist");
            }

            return $given;
        }
        $own = dirname(__DIR__, 2) . '/lib/libbankchannel_c.so';

        // Without one in the package, the system's loader looks for an installed one.
        return is_file($own) ? $own : 'libbankchannel_c.so';
    }

    private static function broken(string $why): ConfigurationException
    {
        return new ConfigurationException([
            'code' => 'configuration.invalid',
            'category' => 'configuration',
            'message' => "bankchannel cannot start: {$why}.",
        ]);
    }
}

<?php

/*
 * For web servers: php.ini's `opcache.preload` names this file. `ffi.preload` is not needed; see README.md.
 *
 * With `ffi.enable=preload`, PHP's default, php-fpm and `php -S` allow FFI only to code in preloaded files: so every
 * class of the package is loaded here, and every FFI call is in one of them.
 */

declare(strict_types=1);

require_once __DIR__ . '/src/autoload.php';

(static function (): void {
    $files = new RecursiveIteratorIterator(new RecursiveDirectoryIterator(__DIR__ . '/src', FilesystemIterator::SKIP_DOTS));
    foreach ($files as $file) {
        if ($file instanceof SplFileInfo && $file->getExtension() === 'php') {
            require_once $file->getPathname();
        }
    }
})();

<?php

/*
 * Loads the package's classes without Composer; the same rules as in composer.json.
 */

declare(strict_types=1);

spl_autoload_register(static function (string $class): void {
    if (!str_starts_with($class, 'Bankchannel\\')) {
        return;
    }
    $path = str_replace('\\', '/', substr($class, strlen('Bankchannel\\'))) . '.php';
    foreach ([__DIR__ . '/', __DIR__ . '/Generated/'] as $folder) {
        if (is_file($folder . $path)) {
            require $folder . $path;

            return;
        }
    }
});

require_once __DIR__ . '/Generated/aliases.php';

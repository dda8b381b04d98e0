<?php

/*
 * Common setup of all tests: the package by its own autoloader, PSR-3's interface from the system, and a library.
 */

declare(strict_types=1);

require_once __DIR__ . '/../src/autoload.php';

// Debian's php-psr-log; elsewhere Composer has loaded it.
if (!interface_exists(Psr\Log\LoggerInterface::class) && is_file('/usr/share/php/Psr/Log/autoload.php')) {
    require_once '/usr/share/php/Psr/Log/autoload.php';
}

spl_autoload_register(static function (string $class): void {
    if (str_starts_with($class, 'Bankchannel\\Tests\\')) {
        require __DIR__ . '/' . str_replace('\\', '/', substr($class, strlen('Bankchannel\\Tests\\'))) . '.php';
    }
});

if (getenv('BANKCHANNEL_LIBRARY') === false) {
    putenv('BANKCHANNEL_LIBRARY=' . dirname(__DIR__, 3) . '/target/release/libbankchannel_c.so');
}

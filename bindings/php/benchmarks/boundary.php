<?php

/*
 * The cost of the boundary: an operation that does nothing, with 200 bytes of JSON each way, compared with json_encode
 * and json_decode of the same. Needs the testing build (tests/testing-build), which has such an operation.
 */

declare(strict_types=1);

require __DIR__ . '/support.php';
library('testing/libbankchannel.so');

use Bankchannel\Bankchannel;
use Bankchannel\Toy;

// The generated classes of the testing build are next to it.
spl_autoload_register(static function (string $class): void {
    $file = dirname((string) getenv('BANKCHANNEL_LIBRARY')) . '/faces/bindings/php/src/Generated/' . str_replace(['Bankchannel\\', '\\'], ['', '/'], $class) . '.php';
    if (is_file($file)) {
        require $file;
    }
}, prepend: true);

$text = str_repeat('A payment of 250.05 EUR; ', 10);
$request = ['text' => substr($text, 0, 200 - strlen('{"text":""}'))];
strlen((string) json_encode($request)) === 200 || throw new LogicException('the request has 200 bytes');
$client = new Toy();
Bankchannel::local('toy.echo', $request) === $request || throw new LogicException('the echo is not the same');

$times = alternating([
    'native_us' => static function (int $calls) use ($request): void {
        for ($i = 0; $i < $calls; ++$i) {
            json_decode((string) json_encode($request), true);
        }
    },
    'generic_us' => static function (int $calls) use ($request): void {
        for ($i = 0; $i < $calls; ++$i) {
            Bankchannel::local('toy.echo', $request);
        }
    },
    'typed_us' => static function (int $calls) use ($client, $request): void {
        for ($i = 0; $i < $calls; ++$i) {
            $client->echo(text: $request['text']);
        }
    },
], 21, 20000);
report($times);

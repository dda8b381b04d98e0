<?php

// The toy protocol through PHP's typed face: what is generated for the testing build is in the folder of the first argument, what
// is written by hand in that of the second.

declare(strict_types=1);

use Bankchannel\Exception\BankchannelException;
use Bankchannel\Toy;

spl_autoload_register(static function (string $class) use ($argv): void {
    $path = $argv[1] . '/' . str_replace('\\', '/', substr($class, strlen('Bankchannel\\'))) . '.php';
    if (is_file($path)) {
        require $path;
    }
});
require $argv[2] . '/autoload.php';

function same(mixed $wanted, mixed $found): void
{
    if ($wanted !== $found) {
        throw new LogicException(json_encode([$wanted, $found]));
    }
}

$host = new Bankchannel\Toy\Host(word: 'Welcome');
$guest = new Toy(...$host->clientSettings(), name: 'Kari');
same('Welcome, Ola!', $guest->greet(name: 'Ola')->greeting);
same('Welcome, Kari!', $guest->greet()->greeting);
same(['ø', 'l'], $guest->spell(text: 'øl')->characters);
$asked = $guest->greetWhoever(question: 'Who is there?', onCode: static fn ($question) => "Liv, asked for a {$question->kind}");
same('Welcome, Liv, asked for a name!', $asked->greeting);
try {
    $guest->greet(name: '');
    throw new LogicException('an empty name was greeted');
} catch (BankchannelException $error) {
    same('toy.refused', $error->errorCode);
}
echo "well\n";

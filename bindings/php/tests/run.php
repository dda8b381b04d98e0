<?php

/*
 * The package's own tests; nothing has to be installed for them.
 *
 *   BANKCHANNEL_LIBRARY=target/release/libbankchannel_c.so php bindings/php/tests/run.php
 */

declare(strict_types=1);

require __DIR__ . '/../src/autoload.php';
require __DIR__ . '/support.php';

use Bankchannel\Bankchannel;
use Bankchannel\Bridge\FfiBridge;
use Bankchannel\Bridge\Status;
use Bankchannel\Content;
use Bankchannel\ErrorCode;
use Bankchannel\Exception\AuthenticationException;
use Bankchannel\Exception\BankchannelException;
use Bankchannel\Exception\ConfigurationException;
use Bankchannel\Exception\InvalidInputException;
use Bankchannel\Exception\SignatureException;
use Bankchannel\Exception\TimedOutException;
use Bankchannel\Exception\TransportException;
use Bankchannel\Question;
use Bankchannel\Secret;
use Bankchannel\WsChannel;
use Bankchannel\WsChannel\Bank;
use Bankchannel\WsChannel\Mode;
use Bankchannel\WsChannel\Service;
use Bankchannel\WsChannel\StatusFilter;

test('the library has a version and a catalogue', static function (): void {
    same(preg_match('/^\d+\.\d+\.\d+$/', Bankchannel::version()), 1);
    $names = array_column(Bankchannel::catalogue(), 'name');
    same(in_array('ws_channel.list_files', $names, true), true);
});

test('every operation of the catalogue has a typed method', static function (): void {
    foreach (Bankchannel::catalogue() as $operation) {
        $name = str_replace('_', '', ucwords(explode('.', $operation['name'])[1], '_'));
        $exact = static fn (string $method): bool => in_array($method, get_class_methods(WsChannel::class), true);
        same($exact(lcfirst($name)) || $exact('exchange' . $name), true, $operation['name']);
    }
});

test('the constants are those of the header', static function (): void {
    $header = (string) file_get_contents(__DIR__ . '/../bankchannel.h');
    foreach (['Status' => 'STATUS', 'Reply' => 'REPLY', 'Place' => 'CONTENT'] as $class => $enum) {
        $constants = (new ReflectionClass("Bankchannel\\Bridge\\{$class}"))->getConstants();
        same(preg_match_all("/BANKCHANNEL_{$enum}_(\w+) = (\d+)/", $header, $found), count($constants));
        foreach (array_combine($found[1], $found[2]) as $name => $number) {
            same($constants[$name], (int) $number, "{$enum}_{$name}");
        }
    }
});

test('every class of the package loads', static function (): void {
    // What a server's preload does; a class that cannot be declared would stop the whole of PHP there.
    require __DIR__ . '/../preload.php';
    same(class_exists('Bankchannel\Bridge\FfiBridge', false), true);
});

test('errors come in the class of their category, with all details', static function (): void {
    $client = new WsChannel(baseUrl: 'http://127.0.0.1:9/v2');
    $error = thrown(TransportException::class, static fn () => $client->initLogin(email: 'a@example.test', mode: Mode::Data));
    same($error->errorCode, ErrorCode::TRANSPORT_CONNECT_FAILED);
    same([$error->category, $error->outcome, $error->operation], ['transport', 'not_sent', 'ws_channel.init_login']);
    same($error->retryable, true);
    $error = thrown(InvalidInputException::class, static fn () => $client->call('ws_channel.list_files', ['bank' => 'simulator', 'colour' => 'red']));
    same($error->errorCode, ErrorCode::INPUT_UNKNOWN_FIELD);
    thrown(InvalidInputException::class, static fn () => $client->call('ws_channel.no_such_thing'));
    thrown(ConfigurationException::class, static fn () => new WsChannel(baseUrl: "not a \x00 URL"));
    thrown(InvalidInputException::class, static fn () => $client->initLogin(email: "\xff\xfe"));
    thrown(TypeError::class, static fn () => $client->listFiles(bank: 'simulator'));
    thrown(ArgumentCountError::class, static fn () => $client->downloadFile(fileType: 'KTL'));
    thrown(Error::class, static fn () => $client->listFiles(colour: 'red'));
});

test('a deadline of zero sends nothing', static function (): void {
    $client = new WsChannel(baseUrl: 'http://127.0.0.1:9/v2');
    $error = thrown(TimedOutException::class, static fn () => $client->initLogin(email: 'a@example.test', mode: Mode::Data, timeoutMs: 0));
    same($error->outcome, 'not_sent');
    thrown(InvalidInputException::class, static fn () => $client->initLogin(email: 'a@example.test', mode: Mode::Data, timeoutMs: -5));
});

test('a closed client says so', static function (): void {
    $client = new WsChannel();
    $client->close();
    $client->close();
    same(thrown(ConfigurationException::class, static fn () => $client->listFiles(bank: Bank::Simulator))->errorCode, ErrorCode::CONFIGURATION_CLOSED);
});

test('secrets come from files and the environment, and stay out of dumps', static function (): void {
    putenv('BANKCHANNEL_TEST_KEY=key-from-the-environment');
    new WsChannel(apiKey: Secret::env('BANKCHANNEL_TEST_KEY'));
    thrown(BankchannelException::class, static fn () => new WsChannel(apiKey: Secret::env('BANKCHANNEL_NO_SUCH_VARIABLE')));
    thrown(BankchannelException::class, static fn () => new WsChannel(apiKey: Secret::file('/no/such/file')));
    $client = new WsChannel(password: 'Correct-Horse-Battery-9!');
    same(str_contains(print_r($client, true), 'Horse'), false);
});

test('local operations sign and verify, with bytes, a path and a stream', static function (): void {
    $client = new WsChannel();
    $key = $client->generateKey(name: 'Test Person', email: 'test@example.test');
    $path = scratch('what is signed');
    $signature = $client->signFile(content: $path, privateKey: $key->privateKey)->signature;
    $stream = fopen('php://memory', 'w+b');
    fwrite($stream, 'what is signed');
    rewind($stream);
    foreach ([Content::bytes('what is signed'), $path, new SplFileInfo($path), $stream] as $content) {
        $verified = $client->verifyFile(content: $content, publicKey: $key->publicKey, signature: $signature);
        same($verified->good, true);
    }
    same($verified->signatures[0]->verdict, WsChannel\Verdict::Good);
    same($client->verifyFile(content: Content::bytes('other'), publicKey: $key->publicKey, signature: $signature)->good, false);
    $inspected = $client->inspectKey(key: $key->publicKey);
    same($inspected->created instanceof DateTimeImmutable, true);
    same(abs($inspected->created->getTimestamp() - time()) < 600, true);
    same(Bankchannel::local('ws_channel.inspect_key', ['key' => $key->publicKey])['fingerprint'], $inspected->fingerprint);
});

test('files go up and come down, in every form', static function (): void {
    [$service, $settings, $key, $file] = seeded();
    $client = new WsChannel(...$settings);
    $files = $client->listFiles(status: StatusFilter::New)->fileDescriptors;
    same(in_array('R1', array_column($files, 'fileReference'), true), true);
    $got = $client->downloadFile(fileType: 'KTL', fileReference: 'R1')->content;
    same([$got->size, $got->contents() === $file, stream_get_contents($got->open()) === $file], [strlen($file), true, true]);
    $stream = fopen('php://temp', 'w+b');
    $got = $client->downloadFile(fileType: 'KTL', fileReference: 'R1', destination: $stream)->content;
    rewind($stream);
    same([stream_get_contents($stream) === $file, $got->size], [true, strlen($file)]);
    $path = scratch() . '/got';
    $got = $client->downloadFile(fileType: 'KTL', fileReference: 'R1', destination: $path)->content;
    same([$got->path, $got->contents() === $file], [$path, true]);
    thrown(BankchannelException::class, static fn () => $client->downloadFile(fileType: 'KTL', fileReference: 'R1', destination: $path));

    $payment = __DIR__ . '/../../../core/iso20022/examples/pain.001.001.09.xml';
    $signature = $client->signFile(content: $payment, privateKey: $key->privateKey)->signature;
    $upload = static fn (mixed $content) => $client->uploadFile(fileContents: $content, fileName: 'payment.xml', fileType: 'pain.001.001.09', signature: $signature);
    foreach ([$payment, new SplFileInfo($payment), Content::bytes((string) file_get_contents($payment)), fopen($payment, 'rb')] as $content) {
        same($upload($content)->responseText !== '', true);
    }
    $error = thrown(SignatureException::class, static fn () => $upload(Content::bytes('other bytes')));
    same([$error->errorCode, $error->outcome, $error->httpStatus, $error->peer !== null], [ErrorCode::WS_CHANNEL_UPLOAD_REJECTED, 'refused', 400, true]);
    thrown(InvalidInputException::class, static fn () => $upload('/no/such/file'));
    thrown(InvalidInputException::class, static fn () => $upload(42));
    $service->stop();
    $service->stop();
});

test('a stream that fails in the middle ends the call and nothing hangs', static function (): void {
    [$service, $settings] = seeded('failing@example.test');
    $client = new WsChannel(...$settings);
    stream_wrapper_register('failing', FailingStream::class);
    $begun = microtime(true);
    $error = thrown(RuntimeException::class, static fn () => $client->uploadFile(fileContents: fopen('failing://x', 'rb'), fileName: 'x', fileType: 'KTL', signature: '-----BEGIN PGP SIGNATURE-----'));
    same($error->getMessage(), 'the tape tore');
    same(microtime(true) - $begun < 5, true);
    same($client->listFiles()->fileDescriptors !== [], true);
});

test('a login asks for its code', static function (): void {
    [$service, $settings] = seeded('asked@example.test');
    unset($settings['idToken']);
    $settings['mode'] = Mode::Admin;
    $client = new WsChannel(...$settings, password: PASSWORD);
    thrown(InvalidInputException::class, static fn () => $client->logIn());
    $asked = [];
    $client->logIn(onCode: static function (Question $question) use (&$asked): string {
        $asked[] = $question->kind;

        return CODE;
    });
    same($asked, ['sms_code']);
    same($client->listFiles()->fileDescriptors !== [], true);
    $stopped = thrown(DomainException::class, static fn () => $client->logIn(onCode: static fn () => throw new DomainException('no phone here')));
    same($stopped->getMessage(), 'no phone here');
    thrown(AuthenticationException::class, static fn () => (new WsChannel(...['password' => 'Wrong-Horse-Battery-9!'] + $settings))->logIn(onCode: static fn () => CODE));
});

test('a child process works on with the client, and may not use the service', static function (): void {
    if (!function_exists('pcntl_fork')) {
        skipped('the extension pcntl is not there');
    }
    [$service, $settings] = seeded('forked@example.test');
    $client = new WsChannel(...$settings);
    $client->listFiles();
    $child = pcntl_fork();
    if ($child === 0) {
        $code = 1;
        try {
            $code = $client->listFiles()->fileDescriptors !== [] ? 2 : 1;
            $service->stop();
        } catch (ConfigurationException $error) {
            $code = $code === 2 && $error->errorCode === ErrorCode::CONFIGURATION_FORKED ? 0 : 3;
        }
        // Without PHP's own end: the parent's handles are the parent's to free.
        posix_kill(posix_getpid(), $code === 0 ? SIGUSR1 : SIGTERM);
    }
    pcntl_waitpid($child, $status);
    same(pcntl_wtermsig($status), SIGUSR1);
    same($client->listFiles()->fileDescriptors !== [], true);
});

test('handles cannot be serialized or cloned', static function (): void {
    thrown(Throwable::class, static fn () => serialize(new WsChannel()));
    $bridge = new FfiBridge();
    $handle = $bridge->openClient('{}');
    thrown(Throwable::class, static fn () => clone $handle);
    thrown(LogicException::class, static fn () => serialize($handle));
    same(Status::OK, 0);
});

finish();

<?php

declare(strict_types=1);

namespace Bankchannel\Tests;

use Bankchannel\Content;
use Bankchannel\ErrorCode;
use Bankchannel\Exception\BankchannelException;
use Bankchannel\Exception\InvalidInputException;
use Bankchannel\Exception\TransportException;
use Bankchannel\Iso20022;
use Bankchannel\Tests\Support\Assertions;
use Bankchannel\Tests\Support\Program;
use Bankchannel\WsChannel;
use Bankchannel\WsChannel\Mode;
use Bankchannel\WsChannel\Service;
use PHPUnit\Framework\TestCase;

/** What goes to another process: exceptions and results do, clients and servers say that each process makes its own. */
final class SerialisedTest extends TestCase
{
    use Assertions;

    /** No server listens there. */
    private const NOWHERE = 'http://127.0.0.1:9/v2';

    /** @return iterable<string, array{class-string<BankchannelException>, string|null, \Closure(): mixed}> */
    public static function failures(): iterable
    {
        $client = new WsChannel(baseUrl: self::NOWHERE, retries: 0, apiKey: '0');
        $known = new WsChannel(baseUrl: self::NOWHERE, retries: 0, mode: Mode::Data, bank: 'simulator', apiKey: 'example-api-key-0123456789', idToken: 'x');
        $asks = static fn () => '123456';
        yield 'a function' => [InvalidInputException::class, ErrorCode::ISO20022_FILE_UNREADABLE, static fn () => Iso20022::readStatement(content: Content::bytes('nope'))];
        yield 'a local operation' => [InvalidInputException::class, ErrorCode::INPUT_MISSING_FIELD, static fn () => $client->generateKey(name: 'You')];
        yield 'an exchange' => [TransportException::class, ErrorCode::TRANSPORT_CONNECT_FAILED, static fn () => $client->initLogin(email: 'a@example.test', mode: Mode::Data)];
        yield 'a flow that may ask' => [TransportException::class, ErrorCode::TRANSPORT_CONNECT_FAILED, static fn () => $known->downloadNewFiles(directory: sys_get_temp_dir() . '/never-made', onCode: $asks)];
        yield 'a call by name' => [TransportException::class, ErrorCode::TRANSPORT_CONNECT_FAILED, static fn () => $client->call('ws_channel.init_login', ['email' => 'a@example.test', 'mode' => 'data'], onCode: $asks)];
        yield 'a setting' => [BankchannelException::class, null, static fn () => new WsChannel(mode: 'nothing', onCode: $asks)];
        yield 'an option of a server' => [BankchannelException::class, null, static fn () => new Service(listen: 'nowhere at all')];
        yield 'one with a cause' => [InvalidInputException::class, ErrorCode::INPUT_INVALID_FIELD, static function () {
            try {
                (static fn (\Closure $held) => throw new \DomainException('mine'))(static fn () => null);
            } catch (\DomainException $cause) {
                throw InvalidInputException::of(ErrorCode::INPUT_INVALID_FIELD, previous: $cause);
            }
        }];
        yield 'a test\'s own' => [InvalidInputException::class, ErrorCode::INPUT_INVALID_FIELD, static fn () => throw InvalidInputException::of(ErrorCode::INPUT_INVALID_FIELD)];
    }

    public function testEveryExceptionGoesToAnotherProcess(): void
    {
        foreach (self::failures() as $name => [$class, $code, $work]) {
            // Frames of the program, which hold what cannot be serialised either.
            $error = self::thrown($class, fn () => $this->inAFrameWith($work, static fn () => null));
            $copy = unserialize(serialize($error));
            self::assertInstanceOf($error::class, $copy, $name);
            self::assertSame([$code ?? $error->errorCode, $error->getMessage(), $error->outcome, $error->toArray()['code']], [$copy->errorCode, $copy->getMessage(), $copy->outcome, $copy->toArray()['code']], $name);
            self::assertSame([], array_filter(array_column($error->getTrace(), 'args')), $name);
            self::assertStringContainsString('inAFrameWith', $error->getTraceAsString(), $name);
        }
    }

    /** @param \Closure(): mixed $work */
    private function inAFrameWith(\Closure $work, \Closure $held): mixed
    {
        return $work();
    }

    public function testAnExceptionOfTheProgramHasNothingOfThePackageInIt(): void
    {
        $client = new WsChannel(baseUrl: self::NOWHERE, retries: 0, traceparent: static fn () => throw new \DomainException('mine'));
        foreach ([
            static fn () => $client->initLogin(email: 'a@example.test', mode: Mode::Data, withResponse: $seen),
            static fn () => Iso20022::makePayment(transactions: (static function () { yield throw new \DomainException('mine'); })()),
        ] as $work) {
            $error = self::thrown(\DomainException::class, $work);
            foreach ($error->getTrace() as $frame) {
                if (str_starts_with($frame['class'] ?? '', 'Bankchannel\\') && !str_starts_with($frame['class'] ?? '', 'Bankchannel\\Tests\\')) {
                    self::assertArrayNotHasKey('args', $frame, json_encode($frame['function']) ?: '');
                }
            }
        }
    }

    public function testWhatPhpHasByDefaultDoesNotMatter(): void
    {
        $program = 'require $argv[1]; try { Bankchannel\Iso20022::readStatement(content: Bankchannel\Content::bytes("nope")); }'
            . ' catch (Throwable $e) { echo get_class(unserialize(serialize($e))); }';
        foreach (['0', '1'] as $ignored) {
            [$printed, $code] = (new Program([PHP_BINARY, '-d', 'ffi.enable=1', '-d', "zend.exception_ignore_args={$ignored}", '-r', $program, \dirname(__DIR__) . '/src/autoload.php']))->end();
            self::assertSame([InvalidInputException::class, 0], [$printed, $code]);
        }
    }

    public function testAResultGoesToAnotherProcessAndItsSecretsStayOutOfJson(): void
    {
        $key = (new WsChannel())->generateKey(name: 'You', email: 'you@example.com');
        self::assertEquals($key, unserialize(serialize($key)));
        foreach ([$key, ['result' => [$key]]] as $written) {
            $json = (string) json_encode($written);
            self::assertStringNotContainsString('PRIVATE KEY BLOCK', $json);
            self::assertStringContainsString('"privateKey":"[secret]"', $json);
            self::assertStringContainsString($key->fingerprint, $json);
        }
        self::assertStringContainsString('PRIVATE KEY BLOCK', $key->toArray()['private_key']);
    }

    public function testWhatBelongsToTheProcessSaysSo(): void
    {
        $service = new Service();
        $stream = fopen('php://temp', 'w+b');
        foreach ([new WsChannel(), $service, Content::stream($stream)] as $open) {
            $error = self::thrown(\LogicException::class, static fn () => serialize(['a' => $open]));
            self::assertStringContainsString('make one in each process', $error->getMessage());
        }
        $error = self::thrown(\LogicException::class, static fn () => clone $service);
        self::assertStringContainsString('make another', $error->getMessage());
        $service->stop();
        foreach ([Content::bytes('abc'), Content::path(__FILE__)] as $content) {
            self::assertSame($content->contents(), unserialize(serialize($content))->contents());
        }
    }
}

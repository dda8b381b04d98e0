<?php

declare(strict_types=1);

namespace Bankchannel\Tests;

use Bankchannel\Bankchannel;
use Bankchannel\Content;
use Bankchannel\Exception\BankchannelException;
use Bankchannel\Tests\Support\Scratch;
use Bankchannel\WsChannel;
use Bankchannel\WsChannel\Verdict;
use PHPUnit\Framework\TestCase;

/** Local operations: no network, and no client for the generic ones. */
final class LocalTest extends TestCase
{
    public function testSigningAndVerifyingWithEveryFormOfContent(): void
    {
        $client = new WsChannel();
        $key = $client->generateKey(name: 'Test Person', email: 'test@example.test');
        $path = Scratch::file('what is signed');
        $signature = $client->signFile(content: $path, privateKey: $key->privateKey)->signature;
        $stream = fopen('php://memory', 'w+b');
        self::assertIsResource($stream);
        fwrite($stream, 'what is signed');
        rewind($stream);
        foreach ([Content::bytes('what is signed'), $path, new \SplFileInfo($path), Content::path($path), $stream] as $content) {
            self::assertTrue($client->verifyFile(content: $content, publicKey: $key->publicKey, signature: $signature)->good);
        }
        $verified = $client->verifyFile(content: $path, publicKey: $key->publicKey, signature: $signature);
        self::assertSame(Verdict::Good, $verified->signatures[0]->verdict);
        self::assertFalse($client->verifyFile(content: Content::bytes('other'), publicKey: $key->publicKey, signature: $signature)->good);
        self::assertFalse($client->verifyFile(content: Content::bytes(''), publicKey: $key->publicKey, signature: $signature)->good);
    }

    /**
     * @param array<mixed> $request
     *
     * @dataProvider requestsThatAreNone
     */
    public function testWhatIsNoRequestIsRefused(array $request, string $code): void
    {
        try {
            Bankchannel::local('ws_channel.totp_code', $request);
            self::fail('it was taken');
        } catch (BankchannelException $error) {
            self::assertSame($code, $error->errorCode);
        }
    }

    /** @return iterable<string, array{array<mixed>, string}> */
    public static function requestsThatAreNone(): iterable
    {
        yield 'nothing' => [[], 'input.missing_field'];
        yield 'nulls' => [['secret' => null], 'input.missing_field'];
        yield 'a list' => [['x'], 'input.invalid_json'];
        yield 'a list with null' => [[null, 'x'], 'input.missing_field'];
        yield 'numbers for names' => [[5 => 'x', 'secret' => 'JBSWY3DPEHPK3PXP'], 'input.unknown_field'];
    }

    public function testResultsAreTyped(): void
    {
        $client = new WsChannel();
        $key = $client->generateKey(name: 'Test Person', email: 'test@example.test');
        $inspected = $client->inspectKey(key: $key->publicKey);
        self::assertLessThan(600, abs($inspected->created->getTimestamp() - time()));
        self::assertSame(Bankchannel::local('ws_channel.inspect_key', ['key' => $key->publicKey])['fingerprint'], $inspected->fingerprint);
        [$response, $content] = $client->call('ws_channel.inspect_key', ['key' => $key->publicKey]);
        self::assertSame([$inspected->fingerprint, null], [$response['fingerprint'], $content]);
        self::assertSame($response['fingerprint'], $inspected->toArray()['fingerprint']);
    }

    public function testBytesOfEveryKindPassUnchanged(): void
    {
        $client = new WsChannel();
        $key = $client->generateKey(name: 'Test Person', email: 'test@example.test');
        $bytes = implode('', array_map('chr', range(0, 255))) . "\0\0";
        $signature = $client->signFile(content: Content::bytes($bytes), privateKey: $key->privateKey)->signature;
        self::assertTrue($client->verifyFile(content: Scratch::file($bytes), publicKey: $key->publicKey, signature: $signature)->good);
    }

    public function testACallMadeBySignalWhileAnotherRunsDisturbsNothing(): void
    {
        if (!function_exists('pcntl_setitimer') && !function_exists('pcntl_alarm')) {
            self::markTestSkipped('the extension pcntl is not there');
        }
        $key = (new WsChannel())->generateKey(name: 'Test Person', email: 'test@example.test');
        $fingerprint = (new WsChannel())->inspectKey(key: $key->publicKey)->fingerprint;
        $inSignal = [];
        pcntl_async_signals(true);
        pcntl_signal(SIGUSR1, static function () use (&$inSignal, $key): void {
            $inSignal[] = Bankchannel::local('ws_channel.inspect_key', ['key' => $key->publicKey])['fingerprint'];
        });
        try {
            $killer = new Support\Program(['sh', '-c', 'for i in $(seq 200); do kill -USR1 ' . getmypid() . '; sleep 0.002; done']);
            while ($killer->isRunning()) {
                self::assertSame($fingerprint, Bankchannel::local('ws_channel.inspect_key', ['key' => $key->publicKey])['fingerprint']);
            }
        } finally {
            pcntl_signal(SIGUSR1, SIG_DFL);
            pcntl_async_signals(false);
        }
        self::assertNotSame([], $inSignal);
        self::assertSame([$fingerprint], array_values(array_unique($inSignal)));
    }
}

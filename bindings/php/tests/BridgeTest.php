<?php

declare(strict_types=1);

namespace Bankchannel\Tests;

use Bankchannel\Bridge\Event;
use Bankchannel\Bridge\Reply;
use Bankchannel\Bridge\Status;
use Bankchannel\Exception\ConfigurationException;
use Bankchannel\Exception\InvalidInputException;
use Bankchannel\Question;
use Bankchannel\Tests\Support\Assertions;
use Bankchannel\Tests\Support\FakeBridge;
use Bankchannel\WsChannel;
use Bankchannel\WsChannel\Bank;
use Bankchannel\WsChannel\Mode;
use Bankchannel\WsChannel\Service;
use PHPUnit\Framework\TestCase;

/** The client's calls of the bridge, without a library: as applications may test their own code. */
final class BridgeTest extends TestCase
{
    use Assertions;

    public function testACallThatAsksNothingGoesInOneGo(): void
    {
        $bridge = new FakeBridge([new Event(Status::OK, '{"file_descriptors":[],"response_text":"OK"}', null)]);
        $client = new WsChannel(bank: Bank::Simulator, mode: Mode::Data, bridge: $bridge);
        self::assertSame([], $client->listFiles(fileType: 'KTL', timeout: 0.07)->fileDescriptors);
        self::assertSame([['openClient', '{"protocol":"ws-channel","mode":"data","bank":"simulator"}'], ['call', 'ws_channel.list_files', '{"file_type":"KTL"}', 70]], $bridge->told);
        unset($client);
        self::assertSame(1, $bridge->freed);
    }

    public function testACallThatMayAskIsCarriedOnToItsEnd(): void
    {
        $bridge = new FakeBridge([
            new Event(Status::ASK, '{"kind":"sms_code","text":"The code","choices":["1","2"],"secret":"S"}', null),
            new Event(Status::WANT_PIECE, '', null),
            new Event(Status::PIECE, '', 'piece'),
            new Event(Status::OK, '{"x":{"size":5}}', null),
        ]);
        $client = new WsChannel(bridge: $bridge);
        $content = fopen('php://memory', 'w+b');
        $destination = fopen('php://memory', 'w+b');
        [$response, $got] = $client->call('p.o', ['none' => null], $content, $destination, onCode: static fn (Question $question): string => $question->kind . implode($question->choices) . $question->secret());
        self::assertSame([
            ['openClient', '{"protocol":"ws-channel"}'], ['begin', 'p.o', '{}', -1, false], ['resume', Reply::GO, ''], ['resume', Reply::ANSWER, 'sms_code12S'], ['resume', Reply::END, ''], ['resume', Reply::GO, ''],
        ], $bridge->told);
        self::assertSame([['x' => ['size' => 5]], 5], [$response, $got?->size]);
        self::assertIsResource($destination);
        rewind($destination);
        self::assertSame('piece', stream_get_contents($destination));
        self::assertSame(1, $bridge->freed, 'the call, not the client');
    }

    public function testWhatFailsInTheMiddleFreesTheCall(): void
    {
        $bridge = new FakeBridge([new Event(Status::ASK, '{"kind":"sms_code","text":"The code"}', null)]);
        $client = new WsChannel(bridge: $bridge);
        $error = self::thrown(\DomainException::class, static fn () => $client->call('p.o', onCode: static fn () => throw new \DomainException('no')));
        self::assertSame(1, $bridge->freed, 'though the exception lives, and its trace with what was called');
        self::assertSame('no', $error->getMessage());
        unset($error);
        $client->close();
        self::assertSame(2, $bridge->freed);
    }

    public function testFromEnvAsksTheLibraryForTheRest(): void
    {
        $bridge = new FakeBridge();
        WsChannel::fromEnv(mode: Mode::Admin, bridge: $bridge);
        self::assertSame([['openClient', '{"protocol":"ws-channel","from_env":true,"mode":"admin"}']], $bridge->told);
    }

    public function testAServiceTellsWhatAClientNeeds(): void
    {
        $bridge = new FakeBridge();
        $service = new Service(noLimits: true, bridge: $bridge);
        self::assertSame(['baseUrl' => 'http://127.0.0.1:1/v2', 'publicKeyFile' => 'key.pem'], $service->clientSettings());
        self::assertNull($service->controlUrl);
        self::assertSame(['accounts' => []], $service->seed(['accounts' => []]));
        $service->stop();
        $service->stop();
        $orders = ['controlServer', 'seed', '{"accounts":[]}'];
        self::assertSame([['startServer', 'ws-channel', '{"no_limits":true}'], $orders, ['stopServer']], $bridge->told);
        $closed = self::thrown(ConfigurationException::class, static fn () => $service->control('outbox'));
        self::assertSame('configuration.closed', $closed->errorCode);
    }

    public function testAServiceIsSeededAndTakesOrders(): void
    {
        $service = new Service();
        $seeded = $service->seed(['accounts' => [['email' => 'seeded@example.test', 'password' => 'Example-Password-2026']]]);
        self::assertSame('seeded@example.test', $seeded['accounts'][0]['email']);
        $error = self::thrown(InvalidInputException::class, static fn () => $service->seed(['accounts' => [['email' => 'planted']]]));
        self::assertStringNotContainsString('planted', $error->getMessage());
        self::thrown(ConfigurationException::class, static fn () => $service->control('clock', ['advance_s' => 5]));
        $service->stop();
        $controlled = new Service(control: true);
        self::assertArrayHasKey('now', $controlled->control('clock', ['advance_s' => 5]));
        self::assertSame([], $controlled->control('outbox'));
        $controlled->stop();
    }
}

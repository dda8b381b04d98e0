<?php

declare(strict_types=1);

namespace Bankchannel\Tests;

use Bankchannel\Content;
use Bankchannel\Exception\BankchannelException;
use Bankchannel\Exception\InvalidInputException;
use Bankchannel\Exception\TransportException;
use Bankchannel\HttpExchange;
use Bankchannel\HttpRequest;
use Bankchannel\Progress;
use Bankchannel\Tests\Support\Account;
use Bankchannel\Tests\Support\Assertions;
use Bankchannel\Tests\Support\Program;
use Bankchannel\Tests\Support\Scratch;
use Bankchannel\WsChannel;
use PHPUnit\Framework\TestCase;

/** What a call tells on request: its exchanges, its progress, and what to do about an error. */
final class ToldTest extends TestCase
{
    use Assertions;

    public function testASuccessHasItsStatusHeadersRequestIdAndTime(): void
    {
        $account = Account::seeded('exchanges@example.test');
        $client = $account->client();
        $seen = [];
        $client->listFiles(withResponse: $seen);
        self::assertCount(1, $seen);
        self::assertInstanceOf(HttpExchange::class, $seen[0]);
        self::assertSame(['GET', 200, $seen[0]->headers['x-request-id']], [$seen[0]->method, $seen[0]->status, $seen[0]->requestId]);
        self::assertGreaterThan(0, $seen[0]->durationS);
        [$answer] = $client->call('ws_channel.list_files', withResponse: $seen);
        self::assertArrayHasKey('file_descriptors', $answer);
        self::assertCount(2, $seen);
        // With a call that is resumed.
        $client->listFiles(retries: 0, withResponse: $seen);
        self::assertCount(3, $seen);
    }

    public function testHooksAreToldOfEachRequestAndAnswer(): void
    {
        $account = Account::seeded('hooks@example.test');
        $told = [];
        $client = $account->client(
            onRequest: static function (HttpRequest $request) use (&$told): void {
                $told[] = "{$request->operation} {$request->method} {$request->attempt}";
            },
            onResponse: static function (HttpRequest $request, HttpExchange $answer) use (&$told): void {
                $told[] = "{$request->attempt} {$answer->status}";
                throw new \RuntimeException('planted');
            },
        );
        $before = ini_set('error_log', '/dev/null');
        $told = [];
        self::assertNotSame('', $client->listFiles()->responseText);
        ini_set('error_log', (string) $before);
        self::assertSame(['ws_channel.list_files GET 1', '1 200'], $told);
    }

    public function testATraceparentGoesAlong(): void
    {
        // The example of W3C Trace Context, section 3.2.3.
        $example = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
        $folder = Scratch::folder();
        file_put_contents("{$folder}/router.php", <<<'ROUTER'
            <?php
            file_put_contents(__DIR__ . '/seen', ($_SERVER['HTTP_TRACEPARENT'] ?? 'none') . "\n", FILE_APPEND);
            header('content-type: application/json');
            echo '{"ResponseCode": "00", "ResponseText": "OK", "RequestId": "r", "FileDescriptors": []}';
            ROUTER);
        $address = '127.0.0.1:' . Program::freePort();
        $server = new Program([PHP_BINARY, '-S', $address, "{$folder}/router.php"], [], null, "{$folder}/log");
        self::assertTrue($server->isRunning());
        $client = static fn (mixed ...$more): WsChannel => new WsChannel(...$more, baseUrl: "http://{$address}/v2", apiKey: 'example-api-key-0123456789', idToken: 't', bank: 'simulator', mode: 'data');
        $until = microtime(true) + 20;
        while (@stream_socket_client("tcp://{$address}") === false && microtime(true) < $until) {
            usleep(20_000);
        }
        $asked = 0;
        $closure = static function () use ($example, &$asked): ?string {
            return $asked++ === 0 ? $example : null;
        };
        $client(traceparent: $example)->listFiles();
        $twice = $client(traceparent: $closure);
        $twice->listFiles();
        $twice->listFiles();
        $client(traceparent: $example, sendTraceparent: false)->listFiles();
        self::assertSame("{$example}\n{$example}\nnone\nnone\n", file_get_contents("{$folder}/seen"));
        $error = self::thrown(InvalidInputException::class, static fn () => $client(traceparent: 'planted')->listFiles());
        self::assertSame(['traceparent', 'not_sent'], [$error->context['field'], $error->outcome]);
        self::assertStringNotContainsString('planted', $error->getMessage());
    }

    public function testACallIsASpan(): void
    {
        // The methods of open-telemetry/api 1 that are used; the package itself is on Packagist only.
        $tracer = new class () {
            public array $spans = [];

            public bool $fails = false;

            public function spanBuilder(string $name): object
            {
                $span = new class ($name, $this) {
                    public array $told = [];

                    public function __construct(public string $name, private object $tracer)
                    {
                    }

                    public function setSpanKind(int $kind): static
                    {
                        $this->told['kind'] = $kind;

                        return $this;
                    }

                    public function setAttribute(string $key, mixed $value): static
                    {
                        $this->told[$key] = $value;

                        return $this;
                    }

                    public function startSpan(): static
                    {
                        return $this;
                    }

                    public function getContext(): object
                    {
                        return new class () {
                            public function isValid(): bool
                            {
                                return true;
                            }

                            public function getTraceId(): string
                            {
                                return '4bf92f3577b34da6a3ce929d0e0e4736';
                            }

                            public function getSpanId(): string
                            {
                                return '00f067aa0ba902b7';
                            }

                            public function getTraceFlags(): int
                            {
                                return 1;
                            }
                        };
                    }

                    public function addEvent(string $name, iterable $attributes = []): static
                    {
                        $this->told['events'][] = $name;

                        return $this;
                    }

                    public function setStatus(string $code, ?string $description = null): static
                    {
                        $this->told['status'] = $code;

                        return $this;
                    }

                    public function end(?int $endEpochNanos = null): void
                    {
                        $this->told['ended'] = ($this->told['ended'] ?? 0) + 1;
                        $this->tracer->fails && throw new \RuntimeException('the collector is away');
                    }
                };
                $this->spans[] = $span;

                return $span;
            }
        };
        $account = Account::seeded('spans@example.test');
        $client = $account->client(tracer: $tracer);
        $client->listFiles();
        $told = end($tracer->spans)->told;
        self::assertSame('ws_channel.list_files', end($tracer->spans)->name);
        self::assertSame([1, '127.0.0.1', ['http.request', 'http.response'], 200, 1], [$told['kind'], $told['server.address'], $told['events'], $told['http.response.status_code'], $told['ended']]);
        self::assertArrayNotHasKey('status', $told);
        self::thrown(BankchannelException::class, static fn () => $client->deleteFile(fileType: 'camt.053.001.02', fileReference: 'none'));
        $told = end($tracer->spans)->told;
        self::assertSame(['Error', 'refused', 1], [$told['status'], $told['bankchannel.outcome'], $told['ended']]);
        self::assertNotSame('', $told['error.type']);
        $tracer->fails = true;
        self::assertNotSame('', $client->listFiles()->responseText);
        $wrong = self::thrown(InvalidInputException::class, static fn () => $account->client(tracer: new \stdClass()));
        self::assertSame('tracer', $wrong->context['field']);
    }

    public function testProgressDrivesABar(): void
    {
        $account = Account::seeded('bar@example.test');
        $client = $account->client();
        $key = $client->generateKey(name: 'You', email: 'bar@example.test');
        $steps = [];
        $fractions = [];
        $note = static function (Progress $progress) use (&$steps, &$fractions): void {
            $steps["{$progress->step} of {$progress->steps}"] = $progress->text;
            $fractions[] = $progress->fraction;
        };
        self::thrown(BankchannelException::class, static fn () => $client->signAndUpload(content: Content::bytes('x'), fileName: 'a', fileType: 'KTL', privateKey: $key->privateKey, onProgress: $note));
        self::assertSame(['1 of 2' => 'signing the file', '2 of 2' => 'sending the file'], $steps);
        self::assertSame(1.0, (float) max($fractions));
    }

    public function testTheRemedyIsInMessageAndObject(): void
    {
        $client = new WsChannel(baseUrl: 'http://127.0.0.1:9/v2', apiKey: 'example-api-key-0123456789', idToken: 't', bank: 'simulator', mode: 'data', retries: 0);
        $error = self::thrown(TransportException::class, static fn () => $client->listFiles());
        self::assertNotSame('', $error->remedy);
        self::assertStringStartsWith("ws_channel.list_files: {$error->text} [transport.connect_failed; outcome not_sent] {$error->remedy}", $error->getMessage());
        self::assertStringContainsString('127.0.0.1:9', $error->text);
        self::assertSame($error->remedy, $error->toArray()['remedy']);
        self::assertSame('127.0.0.1:9', $error->context['address']);
    }

    public function testWrongOptionsAreNamed(): void
    {
        $client = new WsChannel(baseUrl: 'http://127.0.0.1:9/v2', apiKey: 'example-api-key-0123456789', idToken: 't', bank: 'simulator', mode: 'data');
        foreach ([-1, 11] as $retries) {
            $error = self::thrown(InvalidInputException::class, static fn () => $client->listFiles(retries: $retries));
            self::assertSame('retries', $error->context['field']);
        }
        foreach ([-0.5, NAN, 90000.0] as $timeout) {
            $error = self::thrown(InvalidInputException::class, static fn () => $client->listFiles(timeout: $timeout));
            self::assertSame('timeout', $error->context['field']);
        }
    }
}

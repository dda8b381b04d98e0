<?php

declare(strict_types=1);

namespace Bankchannel\Tests;

use Bankchannel\Bankchannel;
use Bankchannel\Content;
use Bankchannel\ErrorCode;
use Bankchannel\Exception\BankchannelException;
use Bankchannel\Exception\InvalidInputException;
use Bankchannel\Exception\Peer;
use Bankchannel\Exception\PeerRefusedException;
use Bankchannel\Iso20022;
use Bankchannel\NextGenPsd2;
use Bankchannel\SaltEdgeConnector;
use Bankchannel\SaltEdgeHub;

use Bankchannel\Secret;
use Bankchannel\SepaWebServices;
use Bankchannel\Tests\Support\Assertions;
use Bankchannel\Tests\Support\Program;
use Bankchannel\Tests\Support\Scratch;
use Bankchannel\WsChannel;
use Bankchannel\WsChannel\Service;
use PHPUnit\Framework\TestCase;

/** Secrets do not leak: into errors about given values, into results, into leftovers of a server. */
final class SecretsTest extends TestCase
{
    use Assertions;

    /** The planted values, and the part of each that must not appear anywhere. */
    private const PLANTED = [
        '<Document><IBAN>FI2112345600000785</IBAN></Document>' => 'FI2112345600000785',
        "-----BEGIN PRIVATE KEY-----\nPlantedKeyLine\n-----END PRIVATE KEY-----\n" => 'PlantedKeyLine',
        'the planted phrase itself' => 'planted phrase',
        '4vN6hGHrav31smM0Ha1k15MDlZKOEGn43UToWTt2' => '4vN6hGHrav31',
    ];

    private int $failed = 0;

    /** @return iterable<mixed> */
    private static function forms(string $planted): iterable
    {
        yield $planted;
        yield [$planted];
        yield ['file' => $planted];
        yield ['env' => $planted];
        yield ['path' => $planted];
        yield ['base64' => $planted];
        yield [$planted => 'x'];
        yield Secret::file($planted);
        yield Secret::env($planted);
        yield Content::path($planted);
    }

    private function attempt(string $place, string $secret, callable $work): void
    {
        try {
            $work();
        } catch (BankchannelException $error) {
            ++$this->failed;
            self::assertStringNotContainsString($secret, $error->getMessage() . json_encode($error->toArray()), $place);
        } catch (\TypeError) {
            // PHP's own message has the expected and given types, never values.
            ++$this->failed;
        }
    }

    public function testNothingPlantedIntoARequestIsRepeated(): void
    {
        $home = (string) getcwd();
        // A text that is taken for a folder's name creates the folder.
        chdir(Scratch::folder());
        $clients = ['ws-channel' => new WsChannel(baseUrl: 'http://127.0.0.1:9/v2'), 'nextgen-psd2' => new NextGenPsd2(), 'sepa-web-services' => new SepaWebServices(), 'salt-edge-connector' => new SaltEdgeConnector(), 'salt-edge-hub' => new SaltEdgeHub(baseUrl: 'http://127.0.0.1:9')];
        foreach (Bankchannel::catalogue() as $operation) {
            // By name, any client runs a module's operation.
            $client = $clients[$operation['protocol']] ?? $clients['ws-channel'];
            $module = ['iso20022' => Iso20022::class][$operation['protocol']] ?? null;
            $class = $module ?? $client::class;
            $method = lcfirst(str_replace('_', '', ucwords(explode('.', $operation['name'])[1], '_')));
            $methods = array_map(static fn (\ReflectionMethod $each): string => $each->name, (new \ReflectionClass($class))->getMethods());
            // PHP does not distinguish `login` from `logIn`.
            $method = \in_array($method, $methods, true) ? $method : 'exchange' . ucfirst($method);
            $takesLimit = \in_array('timeout', array_column((new \ReflectionMethod($class, $method))->getParameters(), 'name'), true);
            foreach (array_keys($operation['request_schema']['properties'] ?? []) as $field) {
                foreach (self::PLANTED as $planted => $secret) {
                    foreach (self::forms($planted) as $number => $value) {
                        // All forms of the first value; of each other value its own form, and the value itself.
                        if ($planted !== array_key_first(self::PLANTED) && !\in_array($number, [0, 2], true)) {
                            continue;
                        }
                        $named = lcfirst(str_replace('_', '', ucwords($field, '_')));
                        $given = [$named => $value] + ($takesLimit ? ['timeout' => 0.02] : []);
                        $this->attempt("{$method} {$field}", $secret, static fn () => $module !== null ? $module::$method(...$given) : $client->{$method}(...$given));
                        $given = $value instanceof Secret ? $value->toArray() : $value;
                        if (!\is_object($given)) {
                            $this->attempt("{$operation['name']} {$field}", $secret, static fn () => $client->call($operation['name'], [$field => $given], timeout: 0.02));
                        }
                    }
                }
            }
        }
        foreach (self::PLANTED as $planted => $secret) {
            $client = $clients['ws-channel'];
            $this->attempt('content', $secret, static fn () => $client->checkPaymentFile(content: $planted));
            $this->attempt('signAndUpload', $secret, static fn () => $client->signAndUpload(content: $planted, fileType: 'KTL', fileName: 'a', privateKey: $planted));
            $this->attempt('destination', $secret, static fn () => $client->downloadFile(fileType: 'KTL', fileReference: '1', destination: $planted));
            $this->attempt('Content', $secret, static fn () => $client->call('ws_channel.check_payment_file', [], Content::path($planted)));
        }
        chdir($home);
        self::assertGreaterThan(1_000, $this->failed);
    }

    public function testNothingPlantedIntoASettingIsRepeated(): void
    {
        $clients = [WsChannel::class, NextGenPsd2::class, SaltEdgeConnector::class, SaltEdgeHub::class];
        foreach ([...$clients, Service::class, NextGenPsd2\Bank::class, SaltEdgeConnector\Hub::class] as $class) {
            foreach ((new \ReflectionMethod($class, '__construct'))->getParameters() as $parameter) {
                // A data folder is created under any given name.
                if (\in_array($parameter->name, ['data', 'onCode', 'signer', 'bridge', 'logger'], true)) {
                    continue;
                }
                foreach (self::PLANTED as $planted => $secret) {
                    foreach (self::forms($planted) as $value) {
                        $this->attempt("{$class} {$parameter->name}", $secret, static fn () => new $class(...[$parameter->name => $value]));
                    }
                }
            }
        }
        self::assertGreaterThan(500, $this->failed);
    }

    public function testSecretsOfResultsAreNotDumped(): void
    {
        $key = (new WsChannel())->generateKey(name: 'You', email: 'you@example.com');
        ob_start();
        var_dump($key);
        print_r($key);
        $shown = (string) ob_get_clean();
        self::assertStringNotContainsString('PRIVATE KEY BLOCK', $shown);
        self::assertStringContainsString('[secret]', $shown);
        self::assertStringContainsString('PRIVATE KEY BLOCK', $key->privateKey);
    }

    public function testAnOpenFileIsNotTakenForItsPath(): void
    {
        $path = Scratch::folder() . '/payment';
        file_put_contents($path, 'head and the rest');
        $open = new \SplFileObject($path);
        $open->fseek(5);
        $client = new WsChannel();
        $key = $client->generateKey(name: 'You', email: 'you@example.com');
        foreach ([$open, new \SplTempFileObject()] as $file) {
            $error = self::thrown(InvalidInputException::class, static fn () => $client->signFile(content: $file, privateKey: $key->privateKey));
            self::assertStringContainsString('SplFileObject', $error->getMessage());
        }
        // A stream is read from its current position.
        $stream = fopen($path, 'rb');
        fseek($stream, 5);
        $signed = $client->signFile(content: $stream, privateKey: $key->privateKey);
        $verdict = $client->verifyFile(content: Content::bytes('and the rest'), signature: $signed->signature, publicKey: $key->publicKey);
        self::assertTrue($verdict->good);
    }

    public function testAProgramCanMakeErrorsAndClientsForItsOwnTests(): void
    {
        $error = PeerRefusedException::of(ErrorCode::WS_CHANNEL_UPLOAD_REJECTED, outcome: 'refused', httpStatus: 400, peer: new Peer('24', null, null), context: ['bank' => 'x']);
        self::assertSame(['peer_refused', 'refused', 400, '24', ['bank' => 'x'], $error->errorCode], [$error->category, $error->outcome, $error->httpStatus, $error->peer?->code, $error->context, $error->text]);
        $client = $this->createMock(WsChannel\Client::class);
        $client->method('signAndUpload')->willThrowException($error);
        self::assertSame($error, self::thrown(PeerRefusedException::class, static fn () => $client->signAndUpload(content: 'a', fileType: 'b')));
        self::assertInstanceOf(WsChannel\Client::class, new WsChannel());
        self::assertInstanceOf(NextGenPsd2\Client::class, new NextGenPsd2());
    }

    public function testAServerThatWasNotStoppedLeavesNothingBehind(): void
    {
        $folder = Scratch::folder() . '/temporary';
        mkdir($folder);
        $begin = '$kept = [new Bankchannel\WsChannel\Service(), new Bankchannel\NextGenPsd2\Bank()];'
            . 'foreach (glob(getenv("TMPDIR") . "/*") as $path) echo decoct(fileperms($path) & 0777), " ", str_starts_with(basename($path), "bankchannel-server-" . getmypid() . "-") ? "own" : "?", "\n";';
        foreach (['exit(3);', 'function on() { throw new Exception(); } on();', 'posix_kill(getmypid(), SIGKILL);', 'exit(0);'] as $end) {
            $program = 'require $argv[1]; ' . $begin . $end;
            [$printed] = (new Program([PHP_BINARY, '-d', 'ffi.enable=1', '-r', $program, \dirname(__DIR__) . '/src/autoload.php'], ['TMPDIR' => $folder]))->end();
            self::assertStringContainsString("700 own\n700 own\n", $printed);
            // The next process removes the leftovers of a killed one.
            self::assertCount(str_contains($end, 'SIGKILL') ? 2 : 0, (array) glob("{$folder}/*"), $printed);
        }
    }
}

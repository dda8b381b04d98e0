<?php

declare(strict_types=1);

namespace Bankchannel\Tests;

use Bankchannel\SaltEdgeConnector;
use Bankchannel\SaltEdgeConnector\Hub;
use Bankchannel\Web;
use PHPUnit\Framework\TestCase;

/**
 * A connector in a web server, called by the hub as Salt Edge calls; and a bank behind a route, called with a
 * connector's question.
 */
final class SaltEdgeWebTest extends TestCase
{
    private const SECRET = '0123456789abcdef0123456789abcdef';

    private const ROUTES = <<<'PHP'
        <?php
        require getenv('PACKAGE') . '/src/autoload.php';
        require getenv('PACKAGE') . '/tests/Support/InventedBank.php';
        $bank = new Bankchannel\Tests\Support\InventedBank();
        if (str_starts_with($_SERVER['REQUEST_URI'], '/bank/')) {
            Bankchannel\Web::answerBank(new Bankchannel\SaltEdgeConnector(bankSecret: getenv('SECRET'), bank: $bank));
        } else {
            $settings = json_decode(getenv('SETTINGS'), true);
            Bankchannel\Web::answer(new Bankchannel\SaltEdgeConnector(...$settings, store: getenv('STORE'), bank: $bank));
        }
        PHP;

    private Hub $hub;

    private string $folder;

    /** @var resource */
    private $server;

    private string $url;

    protected function setUp(): void
    {
        $this->hub = new Hub(control: true);
        $this->folder = sys_get_temp_dir() . '/bankchannel-web-' . bin2hex(random_bytes(6));
        mkdir($this->folder, 0700);
        file_put_contents("{$this->folder}/routes.php", self::ROUTES);
        $free = stream_socket_server('tcp://127.0.0.1:0');
        $address = (string) stream_socket_get_name($free, false);
        fclose($free);
        $variables = ['PACKAGE' => \dirname(__DIR__), 'SECRET' => self::SECRET, 'STORE' => "{$this->folder}/store", 'SETTINGS' => (string) json_encode($this->hub->clientSettings())];
        $command = [PHP_BINARY, '-d', 'ffi.enable=1', '-d', 'error_log=' . "{$this->folder}/error.log", '-S', $address, "{$this->folder}/routes.php"];
        $quiet = [['file', '/dev/null', 'r'], ['file', '/dev/null', 'w'], ['file', "{$this->folder}/server.log", 'w']];
        $this->server = proc_open($command, $quiet, $pipes, null, [...getenv(), ...$variables]);
        $this->url = "http://{$address}";
        for ($tries = 0; @stream_socket_client("tcp://{$address}") === false && $tries < 200; ++$tries) {
            usleep(20_000);
        }
    }

    protected function tearDown(): void
    {
        proc_terminate($this->server);
        proc_close($this->server);
        $this->hub->stop();
        exec('rm -rf ' . escapeshellarg($this->folder));
    }

    public function testAConnectorInAServer(): void
    {
        $this->order('connector', ['url' => $this->url]);
        self::assertSame(200, $this->order('enrolments', ['session_secret' => 'w-1', 'credentials' => ['login' => 'ben']])['answers'][0]['status']);
        for ($tries = 0; $this->order('sessions/w-1', [])['status'] !== 'success' && $tries < 300; ++$tries) {
            usleep(20_000);
        }
        $fetched = $this->order('enrolments', ['operation' => 'fetch_accounts', 'access_token_of' => 'w-1'])['answers'][0];
        self::assertSame('12.50', $fetched['body']['data'][0]['balance'] ?? null, (string) json_encode($fetched));
        self::assertSame('TokenNotFound', $this->order('enrolments', ['operation' => 'fetch_accounts', 'access_token' => 'unknown'])['answers'][0]['error_class']);
    }

    public function testABankBehindARoute(): void
    {
        [$body, $now] = ['{"user_id":"u-1","client_id":1,"token_id":"t"}', (string) time()];
        $ask = function (string $secret) use ($body, $now): string {
            $mac = hash_hmac('sha256', "{$now}\n/bank/list_accounts\n{$body}", $secret);
            $header = "Content-Type: application/json\r\nBank-Interface-Time: {$now}\r\nBank-Interface-Signature: {$mac}";
            $context = stream_context_create(['http' => ['method' => 'POST', 'header' => $header, 'content' => $body, 'ignore_errors' => true]]);

            return (string) file_get_contents("{$this->url}/bank/list_accounts", false, $context);
        };
        self::assertSame('12.50', json_decode($ask(self::SECRET), true)['accounts'][0]['balance'] ?? null);
        self::assertStringContainsString('Bank-Interface-Signature', $ask(str_repeat('x', 32)));
    }

    public function testAPsr7RequestIsTakenAsItIs(): void
    {
        if (!interface_exists(\Psr\Http\Message\RequestInterface::class)) {
            // If PSR-7 is not installed, the part of it that the adapter uses.
            eval('namespace Psr\Http\Message; interface RequestInterface { public function getMethod(); public function getRequestTarget(); public function getHeaders(); }');
        }
        $request = $this->createStub(\Psr\Http\Message\RequestInterface::class);
        $request->method('getMethod')->willReturn('GET');
        $request->method('getRequestTarget')->willReturn('/api/priora/v1/accounts?x=1');
        $request->method('getHeaders')->willReturn(['Client-Id' => ['1', '2'], 'X' => ["planted \xff"]]);
        $taken = Web::psr7($request);
        self::assertSame(['GET', '/api/priora/v1/accounts?x=1'], [$taken['method'], $taken['target']]);
        self::assertSame([['Client-Id', '1'], ['Client-Id', '2'], ['X', 'planted ?']], array_map(static fn ($field) => [$field->name, $field->value], $taken['headers']));
        $refused = (new SaltEdgeConnector(hubPublicKeyFile: $this->hub->hubPublicKeyFile))->receiveRequest(...$taken);
        self::assertSame('InvalidClientId', $refused->refused?->class);
    }

    /**
     * @param array<string, mixed> $order
     *
     * @return array<string, mixed>
     */
    private function order(string $path, array $order): array
    {
        $context = stream_context_create(['http' => ['method' => 'POST', 'header' => 'Content-Type: application/json', 'content' => json_encode((object) $order)]]);

        return json_decode((string) file_get_contents("{$this->hub->controlUrl}/sandbox/{$path}", false, $context), true, 32, JSON_THROW_ON_ERROR);
    }
}

<?php

declare(strict_types=1);

namespace Bankchannel\Tests;

use Bankchannel\Exception\BankchannelException;
use Bankchannel\SaltEdgeConnector;
use Bankchannel\SaltEdgeConnector\AuthenticateQuestion;
use Bankchannel\SaltEdgeConnector\HeaderField;
use Bankchannel\SaltEdgeConnector\Hub;
use Bankchannel\SaltEdgeConnector\NoticeKind;
use Bankchannel\SaltEdgeConnector\SaltEdgeBank;
use Bankchannel\SaltEdgeConnector\Step;
use Bankchannel\Tests\Support\InventedBank;
use PHPUnit\Framework\TestCase;

/**
 * A bank's own code as a class, called by a connector with typed questions: in process, and behind a route. All values
 * are invented.
 */
final class SaltEdgeBankTest extends TestCase
{
    private const SECRET = '0123456789abcdef0123456789abcdef';

    private Hub $hub;

    private string $store;

    protected function setUp(): void
    {
        $this->hub = new Hub(control: true);
        $this->store = sys_get_temp_dir() . '/bankchannel-bank-' . bin2hex(random_bytes(6));
    }

    protected function tearDown(): void
    {
        $this->hub->stop();
        foreach (glob("{$this->store}/{,.}*", GLOB_BRACE) ?: [] as $file) {
            is_file($file) && unlink($file);
        }
        is_dir($this->store) && rmdir($this->store);
    }

    public function testAClassAnswersForTheBank(): void
    {
        $bank = new InventedBank();
        $connector = $this->connector($bank);
        foreach (['p-1' => 'anna', 'p-2' => 'ben', 'p-3' => 'nobody'] as $session => $login) {
            $this->create($connector, $session, $login);
        }
        $connector->work();
        self::assertSame('sms', $this->order('sessions/p-1', [])['updates'][0]['interactive_field']);
        self::assertSame('success', $this->order('sessions/p-2', [])['status']);
        self::assertSame('InvalidCredentials', $this->order('sessions/p-3', [])['error_class']);
        $connector->handleRequest(...$this->made(['operation' => 'confirm_token', 'session_secret' => 'p-1', 'credentials' => ['sms' => '4896']]));
        $connector->work();
        self::assertSame('u-1', $this->order('sessions/p-1', [])['user_id']);
        $accounts = $connector->handleRequest(...$this->made(['operation' => 'fetch_accounts', 'access_token_of' => 'p-1']));
        self::assertStringContainsString('"balance":"12.50"', $accounts->answer->body);
        $days = ['from_date' => '2026-01-01', 'to_date' => '2026-01-31'];
        $refused = $connector->handleRequest(...$this->made(['operation' => 'fetch_transactions', 'access_token_of' => 'p-1', 'account_id' => '9', ...$days]));
        self::assertSame('AccountNotFound', $refused->errorClass);
        $connector->handleRequest(...$this->made(['operation' => 'revoke_token', 'access_token_of' => 'p-1']));
        $connector->work();
        self::assertSame([NoticeKind::Revoked], $bank->notices);
        $ids = static fn (iterable $rows): array => array_map(static fn ($row) => $row->tokenId, [...$rows]);
        self::assertGreaterThan(1, \count($connector->listTokens()->tokens));
        self::assertSame($ids($connector->listTokens()->tokens), $ids($connector->iterTokens(limit: 1)), 'each page has one');
        self::assertCount(\count($connector->listTokensAtHub(kind: 'revoked')->tokens), [...$connector->iterTokensAtHub(kind: 'revoked', perPage: 1)]);
        $connector->close();
    }

    public function testWhatTheClassThrowsStaysHere(): void
    {
        $bank = new class () extends InventedBank {
            public function authenticate(AuthenticateQuestion $question): Step
            {
                throw new \RuntimeException('planted: the mainframe is down');
            }
        };
        $log = tempnam(sys_get_temp_dir(), 'log');
        $before = ini_set('error_log', (string) $log);
        $connector = $this->connector($bank);
        $this->create($connector, 'p-4', 'ben');
        $connector->work();
        $connector->close();
        ini_set('error_log', (string) $before);
        $session = $this->order('sessions/p-4', []);
        self::assertSame('InternalProviderError', $session['error_class']);
        self::assertStringNotContainsString('planted', (string) json_encode($session));
        self::assertStringContainsString('mainframe', (string) file_get_contents((string) $log));
        unlink((string) $log);
    }

    public function testTheSameClassBehindARoute(): void
    {
        $connector = new SaltEdgeConnector(bankSecret: self::SECRET, bank: new InventedBank());
        [$target, $body, $now] = ['/bank/list_accounts', '{"user_id":"u-1","client_id":1,"token_id":"t"}', (string) time()];
        $ask = static fn (string $secret) => $connector->answerBank(target: $target, headers: [
            new HeaderField(name: 'Bank-Interface-Time', value: $now),
            new HeaderField(name: 'Bank-Interface-Signature', value: hash_hmac('sha256', "{$now}\n{$target}\n{$body}", $secret)),
        ], body: $body);
        self::assertSame('12.50', json_decode($ask(self::SECRET)->answer->body, true)['accounts'][0]['balance']);
        self::assertSame(401, $ask(str_repeat('x', 32))->answer->status);
    }

    public function testWithoutAnybodyACallSaysSo(): void
    {
        $this->expectException(BankchannelException::class);
        $this->expectExceptionMessageMatches('/bank/');
        (new SaltEdgeConnector(...$this->hub->clientSettings(), store: $this->store))->work();
    }

    private function connector(SaltEdgeBank $bank): SaltEdgeConnector
    {
        return new SaltEdgeConnector(...$this->hub->clientSettings(), store: $this->store, bank: $bank);
    }

    private function create(SaltEdgeConnector $connector, string $session, string $login): void
    {
        $credentials = ['authorization_type' => 'login', 'login' => $login];
        $connector->handleRequest(...$this->made(['operation' => 'create_token', 'session_secret' => $session, 'credentials' => $credentials]));
    }

    /**
     * @param array<string, mixed> $order
     *
     * @return array{method: string, target: string, headers: list<HeaderField>}
     */
    private function made(array $order): array
    {
        $made = $this->order('requests', $order);
        $headers = array_map(static fn (array $header) => new HeaderField(...$header), $made['headers']);

        return ['method' => $made['method'], 'target' => $made['target'], 'headers' => $headers];
    }

    /**
     * @param array<string, mixed> $order
     *
     * @return array<string, mixed>
     */
    private function order(string $path, array $order): array
    {
        $content = json_encode((object) $order, JSON_THROW_ON_ERROR);
        $context = stream_context_create(['http' => ['method' => 'POST', 'header' => 'Content-Type: application/json', 'content' => $content]]);

        return json_decode((string) file_get_contents("{$this->hub->controlUrl}/sandbox/{$path}", false, $context), true, 32, JSON_THROW_ON_ERROR);
    }
}

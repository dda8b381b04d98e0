<?php

declare(strict_types=1);

namespace Bankchannel\Tests;

use Bankchannel\SaltEdgeConnector;
use Bankchannel\SaltEdgeConnector\AccessState;
use Bankchannel\SaltEdgeConnector\HeaderField;
use Bankchannel\SaltEdgeConnector\Hub;
use Bankchannel\Tests\Support\InventedBank;
use Bankchannel\Tests\Support\Scratch;
use Bankchannel\Tests\Support\WebServer;
use PHPUnit\Framework\TestCase;

/**
 * Workers of php-fpm, which share a store in a folder, are killed repeatedly while they answer Salt Edge, ask the bank
 * and report. The hub, in another process, is the witness; it fails and loses answers meanwhile.
 */
final class SaltEdgeKilledWorkersTest extends TestCase
{
    private const ROUNDS = 12;

    private const REQUESTS = 6;

    private const PAGE = <<<'PHP'
        <?php
        require getenv('PACKAGE') . '/src/autoload.php';
        require getenv('PACKAGE') . '/tests/Support/InventedBank.php';
        final class SlowBank extends Bankchannel\Tests\Support\InventedBank
        {
            public function authenticate(Bankchannel\SaltEdgeConnector\AuthenticateQuestion $question): Bankchannel\SaltEdgeConnector\Step
            {
                usleep(random_int(0, 20_000));

                return parent::authenticate($question);
            }
        }
        $settings = json_decode((string) file_get_contents(__DIR__ . '/settings.json'), true);
        Bankchannel\Web::answer(new Bankchannel\SaltEdgeConnector(...$settings, bank: new SlowBank()));
        PHP;

    private Hub $hub;

    private string $folder;

    /** @var array<string, mixed> */
    private array $settings;

    protected function setUp(): void
    {
        $this->hub = new Hub(control: true);
        $this->folder = Scratch::folder();
        $settings = $this->hub->clientSettings();
        // The workers' user cannot open the hub's folder.
        foreach (['hubPublicKeyFile' => 'hubPublicKey', 'appSecretFile' => 'appSecret', 'privateKeyFile' => 'privateKey'] as $file => $value) {
            $settings[$value] = trim((string) file_get_contents((string) $settings[$file]));
            unset($settings[$file]);
        }
        mkdir("{$this->folder}/store");
        if (posix_geteuid() === 0) {
            chown("{$this->folder}/store", 'www-data');
        }
        chmod("{$this->folder}/store", 0700);
        $this->settings = ['store' => "{$this->folder}/store"] + $settings;
        file_put_contents("{$this->folder}/settings.json", json_encode($this->settings));
        file_put_contents("{$this->folder}/index.php", self::PAGE);
        chmod("{$this->folder}/settings.json", 0644);
        chmod($this->folder, 0755);
    }

    protected function tearDown(): void
    {
        $this->hub->stop();
    }

    public function testWhatWasAcknowledgedEndsOnce(): void
    {
        $environment = ['PACKAGE' => (string) realpath(__DIR__ . '/..'), 'BANKCHANNEL_LIBRARY' => (string) getenv('BANKCHANNEL_LIBRARY')];
        $server = WebServer::fpm($this->folder, ['-d', 'ffi.enable=true'], $environment);
        [$acknowledged, $all, $killed] = [[], [], 0];
        for ($round = 0; $round < self::ROUNDS; ++$round) {
            foreach ([[503, false], [503, true], [429, false], [500, true]] as [$status, $done]) {
                $this->order('fail_next', ['operation' => 'succeed_session', 'status' => $status, 'count' => 1, 'done' => $done]);
            }
            $running = [];
            for ($number = 0; $number < self::REQUESTS; ++$number) {
                $made = $this->order('requests', ['operation' => 'create_token', 'credentials' => ['authorization_type' => 'login', 'login' => 'ben']]);
                $parameters = ['REQUEST_METHOD' => $made['method'], 'REQUEST_URI' => $made['target']];
                foreach ($made['headers'] as ['name' => $name, 'value' => $value]) {
                    $parameters['HTTP_' . strtoupper(str_replace('-', '_', $name))] = $value;
                }
                $all[] = $made['session_secret'];
                $running[$made['session_secret']] = $server->begin('', $parameters);
            }
            // Every state should be hit: workers are killed sooner and later, one after the other.
            usleep(($round * $round * 7919) % 120_000);
            foreach ($server->workers() as $worker) {
                $killed += (int) posix_kill($worker, SIGKILL);
                usleep(($round * 977) % 9_000);
            }
            foreach ($running as $secret => $one) {
                [$printed] = $one->end();
                if (str_ends_with($printed, '{}') && !str_contains($printed, 'Status:')) {
                    $acknowledged[] = $secret;
                }
            }
        }
        self::assertGreaterThan(self::ROUNDS, $killed);
        self::assertGreaterThan(self::ROUNDS, \count($acknowledged), $server->log());
        $server->kill();

        $bank = new InventedBank();
        $connector = new SaltEdgeConnector(...$this->settings, bank: $bank);
        $this->finish($connector);
        [$atHub, $failed] = [0, 0];
        foreach ($all as $secret) {
            $known = $this->order("sessions/{$secret}", []);
            if ($known['status'] === 'success') {
                ++$atHub;
                $made = $this->order('requests', ['operation' => 'fetch_accounts', 'access_token_of' => $secret]);
                $headers = array_map(static fn (array $header) => new HeaderField(...$header), $made['headers']);
                $fetched = $connector->handleRequest(method: $made['method'], target: $made['target'], headers: $headers);
                self::assertSame(200, $fetched->answer->status, 'what the hub was given is good');
            } elseif (\in_array($secret, $acknowledged, true)) {
                self::assertSame('InternalProviderError', $known['error_class'] ?? null, "{$secret}: " . json_encode($known));
                ++$failed;
            }
        }
        $good = 0;
        $after = null;
        do {
            $page = $connector->listTokens(limit: 1000, after: $after);
            $good += \count(array_filter($page->tokens, static fn ($token) => $token->state === AccessState::Confirmed));
            $after = $page->next;
        } while ($after !== null);
        self::assertSame($atHub, $good, 'tokens that are good here are those that the hub has');
        self::assertGreaterThan(0, $atHub);
        fwrite(STDERR, "\nkilled {$killed} workers; acknowledged " . \count($acknowledged) . " sessions, of which {$failed} lost the bank's answer\n");
    }

    /** Lets time pass until no work is left: leases of killed workers expire, callbacks are sent again. */
    private function finish(SaltEdgeConnector $connector): void
    {
        $now = new \DateTimeImmutable();
        for ($minute = 0; $minute < 14; ++$minute) {
            if ($connector->work(at: $now->modify("+{$minute} minutes"))->nextDueAt === null) {
                return;
            }
        }
        self::fail('something is due for ever');
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

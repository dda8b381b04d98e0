<?php

declare(strict_types=1);

namespace Bankchannel\Tests;

use Bankchannel\SepaWebServices;
use Bankchannel\SepaWebServices\Bank as SepaBank;
use Bankchannel\SepaWebServices\BankCertificateState;
use Bankchannel\Tests\Support\Account;
use Bankchannel\Tests\Support\Program;
use Bankchannel\Tests\Support\Scratch;
use Bankchannel\Tests\Support\WebServer;
use PHPUnit\Framework\TestCase;

/** The examples, run as users run them, against a service. */
final class ExamplesTest extends TestCase
{
    private const EXAMPLES = __DIR__ . '/../examples';

    private string $cookie = '';

    public function testTheCronJobFetchesWhatIsNewOnce(): void
    {
        $account = Account::seeded('cron@example.test');
        $directory = Scratch::folder();
        $run = static fn (array $other = []): array => (new Program([PHP_BINARY, self::EXAMPLES . '/cron.php', $directory], $other + $account->environment()))->end();
        [$printed, $code] = $run();
        self::assertSame(0, $code, $printed);
        self::assertMatchesRegularExpression('/^downloaded KTL \S+$/m', $printed);
        $files = (array) glob("{$directory}/*KTL_R1*");
        self::assertCount(1, $files);
        self::assertTrue(file_get_contents((string) $files[0]) === $account->file);
        self::assertSame(['', 0], $run());
        // For cron: the exit status shows whether attention is needed.
        [$printed, $code] = $run(['ISECURE_PASSWORD' => 'Wrong-Horse-Battery-9!']);
        self::assertSame(1, $code, $printed);
        self::assertStringNotContainsString('Horse', $printed);
        self::assertSame(75, $run(['ISECURE_BASE_URL' => 'http://127.0.0.1:9/v2'])[1]);
    }

    public function testTheJobRenewsACertificateAndSaysWhoIsNeeded(): void
    {
        $bank = new SepaBank(plain: true, control: true);
        /** @var array{file_url: string, certificate_url: string, anchors_file: string, customers: list<array{customer_id: string, code: string}>} $op */
        $op = $bank->families['op'];
        $folder = Scratch::folder();
        $settings = ['bank' => 'op', 'customerId' => $op['customers'][0]['customer_id'], 'identityDir' => "{$folder}/identity",
            'fileUrl' => $op['file_url'], 'certificateUrl' => $op['certificate_url'], 'trustedFile' => $op['anchors_file']];
        $environment = [];
        foreach ($settings as $name => $value) {
            $environment['SEPA_WEB_SERVICES_' . strtoupper((string) preg_replace('/[A-Z]/', '_$0', $name))] = $value;
        }
        $run = static fn (): array => (new Program([PHP_BINARY, self::EXAMPLES . '/renew-certificate.php', "{$folder}/files"], $environment))->end();
        // No customer has enrolled yet.
        [$printed, $code] = $run();
        self::assertSame(1, $code, $printed);
        self::assertStringContainsString('person_needed', $printed);
        $client = new SepaWebServices(...$settings);
        $client->enrol(code: $op['customers'][0]['code'] ?? '');
        [$printed, $code] = $run();
        self::assertSame(0, $code, $printed);
        self::assertSame(BankCertificateState::Active, $client->certificateStatus()->state);
        // A certificate of the present one's making, as in two years.
        $renewed = $client->renew(now: true);
        self::assertTrue($renewed->renewed);
        self::assertSame(['', 0], $run());
    }

    public function testTheWebPageLogsInOverRequestsAndUploadsAPayment(): void
    {
        // Not verified yet: the login asks for two codes, in separate requests.
        $payment = (string) file_get_contents(Account::payment());
        // The service is a separate process, which can be stopped.
        $service = Program::script(<<<'PHP'
            use Bankchannel\Tests\Support\Account;
            $account = Account::seeded('page@example.test', ['verified' => false, 'sessions' => false, 'payments' => [base64_encode((string) file_get_contents(Account::payment()))]]);
            echo json_encode([$account->environment(), $account->key->privateKey, $account->service->controlUrl]), "\n";
            fgets(STDIN);
            PHP);
        /** @var array{array<string, string>, string, string} $made */
        $made = (array) json_decode($service->line(), true, 512, JSON_THROW_ON_ERROR);
        [$environment, $key, $control] = $made;
        $folder = Scratch::folder();
        chmod($folder, 0755);
        copy($environment['ISECURE_PUBLIC_KEY_PEM_FILE'], "{$folder}/service.pem");
        file_put_contents("{$folder}/key.asc", $key);
        chmod("{$folder}/key.asc", 0644);
        mkdir("{$folder}/sessions");
        chmod("{$folder}/sessions", 0777);
        $user = posix_geteuid() === 0 ? ['-d', 'opcache.preload_user=www-data'] : [];
        $start = static fn (): WebServer => WebServer::builtIn((string) realpath(self::EXAMPLES . '/web'), [
            '-d', 'opcache.enable_cli=1', '-d', 'opcache.preload=' . realpath(__DIR__ . '/../preload.php'), ...$user, '-d', "session.save_path={$folder}/sessions",
        ], ['ISECURE_PUBLIC_KEY_PEM_FILE' => "{$folder}/service.pem", 'SIGNING_KEY' => "{$folder}/key.asc", 'SEAL_KEY' => '0123456789abcdef0123456789abcdef', 'ISECURE_PHONE' => '+358401234567'] + $environment);
        $server = $start();

        self::assertStringContainsString('Log in', $this->request($server));
        $page = $this->request($server, ['do' => 'login']);
        self::assertStringContainsString('A code is on its way', $page);
        self::assertStringContainsString('That was not the code', $this->request($server, ['do' => 'code', 'code' => '000000']));
        $asked = 0;
        do {
            $page = $this->request($server, ['do' => 'code', 'code' => Account::CODE]);
        } while (str_contains($page, 'name="code"') && ++$asked < 4);
        self::assertStringContainsString('You are logged in', $page, $server->log());
        self::assertGreaterThan(0, $asked, 'phone and mail were asked for');

        // The data that PHP keeps between requests is unreadable.
        $kept = implode('', array_map('file_get_contents', (array) glob("{$folder}/sessions/*")));
        self::assertStringNotContainsString('Horse', $kept);

        self::assertMatchesRegularExpression('/Line \d+/', $this->request($server, ['do' => 'upload'], str_replace('<NbOfTxs>', '<NbOfTxs>9', $payment)));
        self::assertStringContainsString('was sent.', $this->request($server, ['do' => 'upload'], $payment), $server->log());
        self::assertStringContainsString('was sent already', $this->request($server, ['do' => 'upload'], $payment));
        for ($i = 0; $i < 50 && !str_contains($page, 'answered: '); ++$i) {
            usleep(100000);
            $page = $this->request($server, ['do' => 'look']);
        }
        self::assertMatchesRegularExpression('/answered: AC\w\w/', $page);

        // A process that is killed while it waits for the answer to an upload leaves the note.
        $other = str_replace('<MsgId>', '<MsgId>X', $payment);
        $killed = $start();
        posix_kill($service->id(), SIGSTOP);
        self::assertSame('', $this->request($killed, ['do' => 'upload'], $other, 2));
        $killed->kill();
        posix_kill($service->id(), SIGCONT);
        self::assertStringContainsString('was sent already', $this->request($server, ['do' => 'upload'], $other));

        // An expired session does not block the next login.
        Account::post("{$control}/clock", ['advance_s' => 7200]);
        $page = $this->request($server, ['do' => 'look']);
        self::assertStringContainsString('ws_channel.session_refused', $page);
        self::assertStringContainsString('value="login"', $page);
        self::assertStringContainsString('You are logged in', $this->request($server, ['do' => 'login']), $server->log());
        $service->end();
    }

    /** @param array<string, string> $form */
    private function request(WebServer $server, array $form = [], ?string $file = null, int $timeout = 20): string
    {
        $mark = 'x-' . bin2hex(random_bytes(8));
        $body = '';
        foreach ($form as $name => $value) {
            $body .= "--{$mark}\r\nContent-Disposition: form-data; name=\"{$name}\"\r\n\r\n{$value}\r\n";
        }
        if ($file !== null) {
            $body .= "--{$mark}\r\nContent-Disposition: form-data; name=\"payment\"; filename=\"p.xml\"\r\nContent-Type: application/xml\r\n\r\n{$file}\r\n";
        }
        $answer = $server->post($form === [] ? null : "{$body}--{$mark}--\r\n", ["Content-Type: multipart/form-data; boundary={$mark}", "Cookie: {$this->cookie}"], $headers, $timeout);
        foreach ($headers as $header) {
            if (preg_match('/^Set-Cookie: ([^;]+)/i', $header, $match) === 1) {
                $this->cookie = $match[1];
            }
        }

        return $answer;
    }
}

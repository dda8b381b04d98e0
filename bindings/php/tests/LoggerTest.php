<?php

declare(strict_types=1);

namespace Bankchannel\Tests;

use Bankchannel\Exception\TransportException;
use Bankchannel\Tests\Support\Account;
use Bankchannel\Tests\Support\Assertions;
use Bankchannel\Tests\Support\Program;
use Bankchannel\Tests\Support\Records;
use Bankchannel\WsChannel;
use Bankchannel\WsChannel\Mode;
use PHPUnit\Framework\TestCase;
use Psr\Log\AbstractLogger;

/** The PSR-3 logger: the records that it gets, and the effects that it can never have. */
final class LoggerTest extends TestCase
{
    use Assertions;

    protected function setUp(): void
    {
        if (!interface_exists(\Psr\Log\LoggerInterface::class)) {
            self::markTestSkipped('psr/log is not there (Debian: php-psr-log)');
        }
    }

    public function testACallTellsWhatItDoesAndNoSecret(): void
    {
        $account = Account::seeded('logged@example.test');
        $records = new Records();
        $client = $account->admin(logger: $records);
        $client->logIn(onCode: static fn () => Account::CODE);
        $payment = Account::payment();
        $client->listFiles();
        $levels = array_unique(array_column($records->records, 0));
        self::assertContains('debug', $levels, $records->text());
        self::assertContains('info', $levels, $records->text());
        self::assertStringContainsString('ws_channel.init_login', $records->text());
        foreach ([Account::PASSWORD, Account::CODE, $account->settings['idToken'], $account->settings['apiKey']] as $secret) {
            self::assertStringNotContainsString($secret, $records->text());
        }
        self::assertFileExists($payment);
    }

    public function testAFailedCallIsLoggedToo(): void
    {
        $records = new Records();
        $client = new WsChannel(baseUrl: 'http://127.0.0.1:9/v2', logger: $records);
        self::thrown(TransportException::class, static fn () => $client->initLogin(email: 'a@example.test', mode: Mode::Data));
        self::assertNotSame([], $records->records);
    }

    public function testALoggerThatThrowsCostsItsRecordsAndNoCall(): void
    {
        $account = Account::seeded('torn@example.test');
        $logger = new class() extends AbstractLogger {
            public int $told = 0;

            public function log($level, $message, array $context = []): void
            {
                ++$this->told;
                throw new \RuntimeException('the log is full');
            }
        };
        $before = ini_set('error_log', $kept = Support\Scratch::file(''));
        try {
            self::assertNotSame([], $account->client(logger: $logger)->listFiles()->fileDescriptors);
        } finally {
            ini_set('error_log', (string) $before);
        }
        self::assertSame(1, $logger->told);
        self::assertStringContainsString('the log is full', (string) file_get_contents($kept));
    }

    public function testWithoutALoggerNothingIsPrintedAndPsrIsNotNeeded(): void
    {
        // Not bootstrap.php, which loads PSR-3: only the package.
        $file = Support\Scratch::file("<?php require '" . dirname(__DIR__) . "/src/autoload.php'; new Bankchannel\\WsChannel(); var_dump(interface_exists('Psr\\Log\\LoggerInterface'));");
        [$printed, $code] = (new Program([PHP_BINARY, '-d', 'auto_prepend_file=', $file]))->end();
        self::assertSame(["bool(false)\n", 0], [$printed, $code]);
    }
}

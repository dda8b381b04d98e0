<?php

declare(strict_types=1);

namespace Bankchannel\Tests;

use Bankchannel\Tests\Support\Account;
use Bankchannel\Tests\Support\Program;
use PHPUnit\Framework\TestCase;

/** Fork, exit, fatal errors and signals during a call: never a crash, never a hang. Each in separate processes. */
final class ProcessTest extends TestCase
{
    private const SETUP = <<<'PHP'
        use Bankchannel\Tests\Support\Account;
        use Bankchannel\WsChannel\StatusFilter;
        $account = Account::seeded('process@example.test');
        $client = $account->client();
        $admin = $account->admin();
        function childEnded(int $child): string {
            pcntl_waitpid($child, $status);
            return pcntl_wifsignaled($status) ? 'signal ' . pcntl_wtermsig($status) : 'exit ' . pcntl_wexitstatus($status);
        }

        PHP;

    public function testAChildWorksOnWithTheClientAndMayNotUseTheService(): void
    {
        $this->needsPcntl();
        [$printed, $code] = Program::php(self::SETUP . <<<'PHP'
            $client->listFiles();
            if (($child = pcntl_fork()) === 0) {
                $works = $client->listFiles(status: StatusFilter::All)->fileDescriptors !== [];
                try {
                    $account->service->stop();
                } catch (Bankchannel\Exception\ConfigurationException $error) {
                    exit($works && $error->errorCode === Bankchannel\ErrorCode::CONFIGURATION_FORKED ? 0 : 3);
                }
                exit(4);
            }
            echo childEnded($child), ' ', count($client->listFiles(status: StatusFilter::All)->fileDescriptors) > 0 ? 'parent works' : '';
            PHP);
        self::assertSame(['exit 0 parent works', 0], [$printed, $code]);
    }

    public function testAForkWithACallInFlightLeavesTheCallToTheParent(): void
    {
        $this->needsPcntl();
        [$printed, $code] = Program::php(self::SETUP . <<<'PHP'
            $admin->logIn(onCode: static function () use (&$child, $client): string {
                if (($child = pcntl_fork()) === 0) {
                    // A new call works in the child; the parent's cannot go on here, and says so.
                    exit(count($client->listFiles(status: StatusFilter::All)->fileDescriptors) > 0 ? 5 : 6);
                }
                return Account::CODE;
            });
            echo childEnded($child), ' ', count($admin->listFiles(status: StatusFilter::All)->fileDescriptors) > 0 ? 'parent works' : '';
            PHP);
        self::assertSame(['exit 5 parent works', 0], [$printed, $code]);
    }

    public function testAChildThatAnswersTheParentsCallGetsAnError(): void
    {
        $this->needsPcntl();
        [$printed, $code] = Program::php(self::SETUP . <<<'PHP'
            $child = -1;
            try {
                $admin->logIn(onCode: static function () use (&$child): string {
                    $child = pcntl_fork();
                    return Account::CODE;
                });
            } catch (Bankchannel\Exception\ConfigurationException $error) {
                exit($child === 0 && $error->errorCode === Bankchannel\ErrorCode::CONFIGURATION_FORKED ? 8 : 9);
            }
            echo childEnded($child);
            PHP);
        self::assertSame(['exit 8', 0], [$printed, $code]);
    }

    public function testManyWorkersOfOneParentWork(): void
    {
        $this->needsPcntl();
        [$printed, $code] = Program::php(self::SETUP . <<<'PHP'
            for ($i = 0, $children = []; $i < 8; ++$i) {
                if (($children[] = pcntl_fork()) === 0) {
                    for ($n = 0; $n < 10; ++$n) {
                        $client->listFiles(status: StatusFilter::All)->fileDescriptors !== [] || exit(1);
                    }
                    exit(0);
                }
            }
            echo implode(' ', array_unique(array_map('childEnded', $children)));
            PHP);
        self::assertSame(['exit 0', 0], [$printed, $code]);
    }

    public function testExitInTheMiddleOfACallEndsTheProcess(): void
    {
        [$printed, $code] = Program::php(self::SETUP . '$admin->logIn(onCode: static fn () => exit(7));');
        self::assertSame(['', 7], [$printed, $code]);
        [, $code] = Program::php(self::SETUP . '$admin->logIn(onCode: static fn () => str_repeat("x", PHP_INT_MAX >> 8));', options: ['-d', 'memory_limit=64M', '-d', 'display_errors=0']);
        self::assertSame(255, $code, 'a fatal error ends the process by itself, not by a signal');
    }

    public function testASignalEndsAProcessThatWaitsForACall(): void
    {
        $silent = stream_socket_server('tcp://127.0.0.1:0');
        self::assertIsResource($silent);
        $address = stream_socket_get_name($silent, false);
        $program = Program::script("\$client = new Bankchannel\\WsChannel(baseUrl: 'http://{$address}/v2'); echo \"begun\\n\"; \$client->initLogin(email: 'a@example.test', mode: Bankchannel\\WsChannel\\Mode::Data);");
        self::assertSame('begun', $program->line());
        self::assertIsResource(stream_socket_accept($silent, 5), 'the call is on its way');
        $begun = microtime(true);
        $program->stop();
        self::assertLessThan(2, microtime(true) - $begun);
    }

    /** @dataProvider handlers */
    public function testASignalsHandlerRunsWhenTheCallsEndIsKnown(string $handler, string $expected): void
    {
        $this->needsPcntl();
        [$printed, $code] = Program::php(<<<PHP
            \$listener = stream_socket_server('tcp://127.0.0.1:0');
            \$address = stream_socket_get_name(\$listener, false);
            if ((\$child = pcntl_fork()) === 0) {
                for (\$peer = stream_socket_accept(\$listener); trim((string) fgets(\$peer)) !== '';);
                // The signal comes first.
                usleep(1500000);
                fwrite(\$peer, "HTTP/1.1 400 X\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");
                fclose(\$peer);
                exit(0);
            }
            \$noted = 'no signal';
            pcntl_async_signals(true);
            pcntl_signal(SIGALRM, static function () use (&\$noted): void { {$handler} });
            \$client = new Bankchannel\\WsChannel(baseUrl: "http://{\$address}/v2");
            pcntl_alarm(1);
            try {
                \$client->initLogin(email: 'a@example.test', mode: Bankchannel\\WsChannel\\Mode::Data);
            } catch (Throwable \$error) {
                echo \$error::class, ' ', \$error->getPrevious()?->outcome ?? \$error->outcome ?? 'lost', ' ', \$noted, ' ', pcntl_async_signals() ? 'on' : 'off';
            }
            pcntl_waitpid(\$child, \$status);
            PHP);
        self::assertSame([$expected, 0], [$printed, $code]);
    }

    /** @return iterable<string, array{string, string}> */
    public function handlers(): iterable
    {
        yield 'one that notes' => ['$noted = "noted";', 'Bankchannel\Exception\PeerProtocolException refused noted on'];
        yield 'one that throws' => ['throw new RuntimeException("stop");', 'RuntimeException refused no signal on'];
    }

    public function testADeadlineEndsACallToAPeerThatNeverAnswers(): void
    {
        $silent = stream_socket_server('tcp://127.0.0.1:0');
        self::assertIsResource($silent);
        $client = new \Bankchannel\WsChannel(baseUrl: 'http://' . stream_socket_get_name($silent, false) . '/v2');
        $begun = microtime(true);
        try {
            $client->initLogin(email: 'a@example.test', mode: \Bankchannel\WsChannel\Mode::Data, timeout: 0.2);
            self::fail('nobody answers');
        } catch (\Bankchannel\Exception\TimedOutException $error) {
            self::assertSame('unknown', $error->outcome);
        }
        self::assertLessThan(3, microtime(true) - $begun);
    }

    private function needsPcntl(): void
    {
        if (!function_exists('pcntl_fork')) {
            self::markTestSkipped('the extension pcntl is not there');
        }
    }
}

<?php

declare(strict_types=1);

namespace Bankchannel\Tests;

use Bankchannel\Tests\Support\Program;
use Bankchannel\Tests\Support\Scratch;
use PHPUnit\Framework\TestCase;

/** The example of a connector in plain PHP, tested by the checker as users would do it. */
final class SaltEdgeExampleTest extends TestCase
{
    private const INDEX = __DIR__ . '/../examples/salt-edge/index.php';

    /** The customer's browser at the bank's page: called with its URL and `approve` or `deny`. */
    private const CUSTOMER = <<<'PHP'
        <?php
        [, $url, $answer] = $argv;
        $form = ['method' => 'POST', 'header' => 'Content-Type: application/x-www-form-urlencoded', 'follow_location' => 0,
            'content' => http_build_query(['login' => 'anna', 'password' => 'anna-password', 'answer' => $answer])];
        $page = (string) file_get_contents($url);
        file_get_contents($url, false, stream_context_create(['http' => $form]));
        exit(str_contains($page, 'asks for') && preg_match('/ (200|303) /', $http_response_header[0]) ? 0 : 1);
        PHP;

    public function testTheRouteOfThePageAnswersAndTheCheckerSaysWhatIsMissing(): void
    {
        $section = explode("\n## ", explode("## Begin\n", (string) file_get_contents(__DIR__ . '/../../../docs/salt-edge-engine.md'))[1])[0];
        self::assertSame(1, preg_match('/^```php\n(.*?)^```$/ms', $section, $found));
        self::assertLessThanOrEqual(10, substr_count($found[1], "\n"));
        $folder = Scratch::folder();
        [$port, $hub] = [Program::freePort(), '127.0.0.1:' . Program::freePort()];
        mkdir("{$folder}/vendor");
        file_put_contents("{$folder}/vendor/autoload.php", '<?php require ' . var_export(\dirname(__DIR__) . '/src/autoload.php', true) . ';');
        file_put_contents("{$folder}/route.php", str_replace('127.0.0.1:8090', $hub, $found[1]));
        $check = [(getenv('CARGO_TARGET_DIR') ?: \dirname(__DIR__, 3) . '/target') . '/release/bankchannel', 'check', 'salt-edge-connector'];
        Program::must(...$check, ...['--init', "{$folder}/check.json", '--listen', $hub]);
        $log = Scratch::file('');
        $server = new Program([PHP_BINARY, '-d', 'ffi.enable=1', '-S', "127.0.0.1:{$port}", 'route.php'], [], $folder, $log);
        for ($tries = 0; @stream_socket_client("tcp://127.0.0.1:{$port}") === false && $tries < 500; ++$tries) {
            usleep(20_000);
        }
        [$printed] = (new Program([...$check, "http://127.0.0.1:{$port}", '--settings', "{$folder}/check.json", '--listen', $hub, '--only', 'SE-C', '--json']))->end();
        $server->stop();
        /** @var array{checks: list<array{id: string, result: string}>, counts: array<string, int>} $report */
        $report = json_decode($printed, true, 32, JSON_THROW_ON_ERROR);
        $failed = array_column(array_filter($report['checks'], static fn (array $one): bool => $one['result'] === 'failed'), 'id');
        self::assertSame([['SE-C17'], 17], [$failed, $report['counts']['passed']], (string) file_get_contents($log));
    }

    public function testTheCheckerFindsNothing(): void
    {
        $folder = Scratch::folder();
        file_put_contents("{$folder}/customer.php", self::CUSTOMER);
        $target = getenv('CARGO_TARGET_DIR') ?: \dirname(__DIR__, 3) . '/target';
        $check = ["{$target}/release/bankchannel", 'check', 'salt-edge-connector'];
        [$port, $hub] = [Program::freePort(), '127.0.0.1:' . Program::freePort()];
        $init = Program::must(...$check, ...['--init', "{$folder}/check.json", '--listen', $hub]);
        // The output also contains text for people.
        file_put_contents("{$folder}/settings.json", (string) preg_replace('/^(?!\{).*\R?/m', '', $init));
        $url = "http://127.0.0.1:{$port}";
        $variables = [
            'SETTINGS' => "{$folder}/settings.json", 'STORE' => "{$folder}/store", 'CODE_KEY' => bin2hex(random_bytes(32)),
            'CODES' => "{$folder}/connector/outbox.jsonl", 'PUBLIC_URL' => $url, 'PHP_CLI_SERVER_WORKERS' => '4',
        ];
        $log = Scratch::file('');
        $php = [PHP_BINARY, '-d', 'ffi.enable=1', '-d', "error_log={$log}"];
        // Its workers end with it: they are in its process group.
        $server = new Program(['setsid', ...$php, '-S', "127.0.0.1:{$port}", self::INDEX], $variables, null, $log);
        $worker = new Program([...$php, self::INDEX], $variables, null, $log);
        for ($tries = 0; @stream_socket_client("tcp://127.0.0.1:{$port}") === false && $tries < 500; ++$tries) {
            usleep(20_000);
        }
        $psu = escapeshellarg(PHP_BINARY) . ' ' . escapeshellarg("{$folder}/customer.php");
        $judge = [...$check, $url, '--settings', "{$folder}/check.json", '--listen', $hub, '--psu', $psu, '--json'];
        [$printed, $code] = (new Program($judge))->end();
        $isRunning = $worker->isRunning();
        $worker->stop();
        posix_kill(-$server->id(), SIGTERM);
        $server->stop();
        $said = (string) file_get_contents($log);
        /** @var array{checks: list<array{id: string, result: string}>} $report */
        $report = json_decode($printed, true, 32, JSON_THROW_ON_ERROR);
        $findings = array_filter($report['checks'], static fn (array $one): bool => \in_array($one['result'], ['failed', 'warning'], true));
        self::assertSame([], $findings, substr($said, -4000));
        self::assertSame([0, true], [$code, $isRunning]);
        $passed = array_column(array_filter($report['checks'], static fn (array $one): bool => $one['result'] === 'passed'), 'id');
        self::assertSame([], array_diff(['SE-F01', 'SE-F02', 'SE-F05', 'SE-F07', 'SE-F10', 'SE-F11', 'SE-F12', 'SE-D06', 'SE-E16'], $passed));
        self::assertDoesNotMatchRegularExpression('/anna-password|ben-password|eyJ/', $said);
    }
}

<?php

/* What the tests share: a runner of thirty lines, and a service with an account that is ready to use. */

declare(strict_types=1);

use Bankchannel\Secret;
use Bankchannel\WsChannel;
use Bankchannel\WsChannel\Bank;
use Bankchannel\WsChannel\Mode;
use Bankchannel\WsChannel\Service;

const PASSWORD = 'Correct-Horse-Battery-9!';
const CODE = '123456';

final class Skipped extends Exception
{
}

/** @var array{passed: int, failed: int} $results */
$results = ['passed' => 0, 'failed' => 0];

function test(string $name, callable $body): void
{
    global $results;
    try {
        $body();
        $results['passed']++;
        echo "ok      {$name}\n";
    } catch (Skipped $why) {
        echo "skipped {$name}: {$why->getMessage()}\n";
    } catch (Throwable $why) {
        $results['failed']++;
        echo "FAILED  {$name}: " . $why::class . ": {$why->getMessage()} at " . basename($why->getFile()) . ":{$why->getLine()}\n{$why->getTraceAsString()}\n";
    }
}

function finish(): never
{
    global $results;
    echo "{$results['passed']} passed, {$results['failed']} failed\n";
    exit($results['failed'] === 0 ? 0 : 1);
}

function same(mixed $found, mixed $expected, string $about = ''): void
{
    if ($found !== $expected) {
        throw new RuntimeException(trim("{$about} found " . var_export($found, true) . ', expected ' . var_export($expected, true)));
    }
}

function skipped(string $why): never
{
    throw new Skipped($why);
}

/**
 * @template T of Throwable
 *
 * @param class-string<T> $class
 *
 * @return T
 */
function thrown(string $class, callable $body): Throwable
{
    try {
        $body();
    } catch (Throwable $error) {
        if ($error instanceof $class) {
            return $error;
        }
        throw $error;
    }
    throw new LogicException("no {$class} was thrown");
}

/** A file with this content, or a folder; gone at the end. */
function scratch(?string $content = null): string
{
    $path = (string) tempnam(sys_get_temp_dir(), 'bankchannel-');
    if ($content === null) {
        unlink($path);
        mkdir($path, 0700);
        register_shutdown_function(static function () use ($path): void {
            array_map('unlink', (array) glob("{$path}/*"));
            rmdir($path);
        });
    } else {
        file_put_contents($path, $content);
        register_shutdown_function(static fn () => unlink($path));
    }

    return $path;
}

/**
 * A service, and the settings of a client with a data session, a certificate at the simulator, a PGP key and a file.
 *
 * @return array{Service, array<string, mixed>, WsChannel\GenerateKeyResponse, string}
 */
function seeded(string $email = 'files@example.test'): array
{
    $service = new Service(verificationCode: CODE, noLimits: true, control: true);
    $key = (new WsChannel())->generateKey(name: 'Test Person', email: $email);
    $file = random_bytes(60000);
    $account = [
        'email' => $email, 'password' => PASSWORD, 'sessions' => true, 'certificates' => ['simulator'],
        'pgp_keys' => [['key' => $key->publicKey]],
        'files' => [['file_type' => 'KTL', 'content' => base64_encode($file), 'reference' => 'R1']],
    ];
    $context = stream_context_create(['http' => [
        'method' => 'POST', 'header' => 'content-type: application/json', 'content' => json_encode(['accounts' => [$account]]), 'ignore_errors' => true,
    ]]);
    $answer = (string) file_get_contents(rtrim((string) $service->controlUrl, '/') . '/seed', false, $context);
    $seeded = json_decode($answer, true)['accounts'][0] ?? throw new RuntimeException("the service was not seeded: {$answer}");
    $settings = [
        'baseUrl' => $service->baseUrl, 'publicKeyFile' => $service->publicKeyFile, 'bank' => Bank::Simulator,
        'email' => $email, 'mode' => Mode::Data, 'apiKey' => $seeded['api_key'], 'idToken' => $seeded['id_tokens']['data'],
    ];

    return [$service, $settings, $key, $file];
}

/** A stream that gives something and then throws. */
final class FailingStream
{
    public mixed $context = null;

    private int $reads = 0;

    public function stream_open(): bool
    {
        return true;
    }

    public function stream_read(int $count): string
    {
        if (++$this->reads > 2) {
            throw new RuntimeException('the tape tore');
        }

        return str_repeat('x', min($count, 8192));
    }

    public function stream_eof(): bool
    {
        return false;
    }

    /** @return array<string, int> */
    public function stream_stat(): array
    {
        return [];
    }

    public function stream_set_option(): bool
    {
        return false;
    }
}

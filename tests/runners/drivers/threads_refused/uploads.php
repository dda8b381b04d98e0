<?php

/*
 * Uploads a file while the system refuses threads, and prints the errors; see tests/threads_refused.rs.
 *
 * PHP binds its libraries so that no preloaded one comes between: here a limit of the address space leaves no room for
 * another thread's stack, which RUST_MIN_STACK makes large.
 *
 *   BANKCHANNEL_LIBRARY=target/release/libbankchannel_c.so php uploads.php JOB.json
 */

declare(strict_types=1);

require __DIR__ . '/../../../../bindings/php/src/autoload.php';

use Bankchannel\Exception\BankchannelException;
use Bankchannel\WsChannel;
use Bankchannel\WsChannel\Bank;
use Bankchannel\WsChannel\Mode;

$job = json_decode((string) file_get_contents($argv[1]), true);

function limit(string $bytes): void
{
    exec('prlimit --pid ' . getmypid() . " --as={$bytes}:", result_code: $code);
    $code === 0 || throw new RuntimeException('prlimit');
}

function refuse(): void
{
    preg_match('/VmSize:\s+(\d+) kB/', (string) file_get_contents('/proc/self/status'), $found);
    limit((string) ((int) $found[1] * 1024 + 64_000_000));
}

$settings = [];
foreach ($job['settings'] as $name => $value) {
    $settings[lcfirst(str_replace('_', '', ucwords($name, '_')))] = $value;
}

function upload(WsChannel $client, array $job): void
{
    try {
        $client->uploadFile(content: $job['path'], fileName: 'a.xml', fileType: 'pain.001.001.09', signature: 'c2lnbmF0dXJl');
    } catch (BankchannelException $error) {
        $name = substr((string) strrchr('\\' . $error::class, '\\'), 1);
        echo $name, ' ', $error->errorCode, ' ', $error->outcome, ' ', $error->retryable ? 'true' : 'false', "\n";
    }
}

refuse();
$client = new WsChannel(...[...$settings, 'mode' => Mode::Data, 'bank' => Bank::Simulator]);
upload($client, $job);
limit('unlimited');
upload($client, $job);

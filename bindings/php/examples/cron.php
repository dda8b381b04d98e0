<?php

// Fetches new files from the bank into a folder. For cron, every quarter of an hour:
//
//     */15 * * * *  set -a; . /etc/bankchannel.env; set +a; php cron.php /var/lib/statements
//
// The account comes from the environment: ISECURE_API_KEY, ISECURE_EMAIL, ISECURE_PASSWORD, ISECURE_BANK.
// It prints a line for each file. Exit status: 0 all well, 75 try again later (EX_TEMPFAIL), 1 needs attention.

declare(strict_types=1);

// In a project with Composer: vendor/autoload.php.
require __DIR__ . '/../src/autoload.php';

use Bankchannel\Exception\BankchannelException;
use Bankchannel\WsChannel;
use Bankchannel\WsChannel\Mode;

$directory = $argv[1] ?? 'statements';
try {
    $client = WsChannel::fromEnv(mode: Mode::Data);
    $client->logIn(timeout: 60);
    $fetched = $client->downloadNewFiles(directory: $directory, timeout: 600);
    foreach ($fetched->files as $file) {
        echo "{$file->status->value} {$file->fileType} {$file->name}\n";
    }
    exit($fetched->failed + $fetched->notTried > 0 ? 75 : 0);
} catch (BankchannelException $error) {
    fwrite(STDERR, "{$error->errorCode}: {$error->getMessage()}\n");
    exit($error->retryable ? 75 : 1);
}

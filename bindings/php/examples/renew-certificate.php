<?php

// Renews the certificate of a bank's own channel when it is due, and fetches the bank's new files. For cron, every day:
//
//     40 5 * * *  set -a; . /etc/bank/op.env; set +a; php renew-certificate.php /var/lib/bank/op
//
// The variables SEPA_WEB_SERVICES_BANK, _CUSTOMER_ID, _IDENTITY_DIR and so on are the settings; docs/sepa-first-bank.md says
// how the first certificate comes. It prints a line for a new certificate and for each file. Exit status: 0 all well, 75 try again later (EX_TEMPFAIL), 1 needs attention.

declare(strict_types=1);

// In a project with Composer: vendor/autoload.php.
require __DIR__ . '/../src/autoload.php';

use Bankchannel\Exception\BankchannelException;
use Bankchannel\SepaWebServices;

$directory = $argv[1] ?? 'op';
try {
    $client = SepaWebServices::fromEnv();
    // Most days it does nothing. Two jobs at once: one works, the other one is identity_busy.
    $renewal = $client->renew(timeout: 120);
    if ($renewal->renewed) {
        echo "renewed until {$renewal->status->notAfter?->format('Y-m-d')}\n";
    }
    foreach ($renewal->status->warnings as $warning) {
        fwrite(STDERR, "{$warning}\n");
    }
    $fetched = $client->downloadNewFiles(directory: $directory, timeout: 600);
    foreach ($fetched->files as $file) {
        echo "{$file->status->value} {$file->fileType} {$file->name}\n";
    }
    exit($fetched->failed + $fetched->notTried > 0 ? 75 : 0);
} catch (BankchannelException $error) {
    // person_needed says what to order from the bank; an unknown outcome is asked for again by the next run.
    fwrite(STDERR, "{$error->errorCode}: {$error->getMessage()}\n");
    exit($error->retryable ? 75 : 1);
}

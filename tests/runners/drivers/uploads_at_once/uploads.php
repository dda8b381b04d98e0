<?php

/*
 * Uploads the files of a job, one after the other, and prints whose answers each upload got; PHP waits for a call, so that
 * uploads at once are processes. See tests/uploads_at_once.rs.
 *
 *   BANKCHANNEL_LIBRARY=target/release/libbankchannel_c.so php uploads.php JOB.json
 */

declare(strict_types=1);

require __DIR__ . '/../../../../bindings/php/src/autoload.php';

use Bankchannel\Secret;
use Bankchannel\WsChannel;
use Bankchannel\WsChannel\Bank;
use Bankchannel\WsChannel\Mode;

$job = json_decode((string) file_get_contents($argv[1]), true);
$settings = [];
foreach ($job['settings'] as $name => $value) {
    $settings[lcfirst(str_replace('_', '', ucwords($name, '_')))] = $value;
}
$client = new WsChannel(...[...$settings, 'mode' => Mode::Data, 'bank' => Bank::Simulator]);
foreach ($job['uploads'] as $upload) {
    $done = $client->uploadAndWait(
        content: $upload['path'],
        fileType: 'pain.001.001.09',
        privateKey: Secret::file($job['private_key_file']),
        waitFor: $job['wait_for'],
        waitTimeoutS: 120.0,
        pollIntervalS: 0.2,
    );
    $named = [];
    foreach ($done->answers as $answer) {
        foreach ($answer->report?->reports ?? [] as $report) {
            $named[] = $report->originalMessageId;
        }
        foreach ($answer->statement?->statements ?? [] as $statement) {
            foreach ($statement->entries as $entry) {
                foreach ($entry->batches as $batch) {
                    $named[] = $batch->messageId;
                }
            }
        }
    }
    echo json_encode(['id' => $upload['id'], 'verdict' => $done->verdict->value, 'named' => $named, 'missing' => $done->missing]), "\n";
}

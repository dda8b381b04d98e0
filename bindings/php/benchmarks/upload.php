<?php

/*
 * Signed uploads of one file: BENCH_ROUNDS times BENCH_FILE with the key of BENCH_KEY_FILE, to the service that
 * ISECURE_BASE_URL and ISECURE_PUBLIC_KEY_PEM_FILE name, in the session of BENCH_ID_TOKEN. BENCH_CONTENT is the form of
 * the content in PHP: `path` by default, `bytes` or `stream`.
 */

declare(strict_types=1);

require __DIR__ . '/support.php';
library('release/libbankchannel_c.so');

use Bankchannel\Content;
use Bankchannel\Secret;
use Bankchannel\WsChannel;
use Bankchannel\WsChannel\Bank;
use Bankchannel\WsChannel\Mode;

$file = (string) getenv('BENCH_FILE');
$client = WsChannel::fromEnv(mode: Mode::Data, bank: Bank::Simulator, idToken: Secret::env('BENCH_ID_TOKEN'));
$key = Secret::file((string) getenv('BENCH_KEY_FILE'));
$held = getenv('BENCH_CONTENT') === 'bytes' ? (string) file_get_contents($file) : '';
$seconds = [];
for ($round = 0; $round < (int) getenv('BENCH_ROUNDS'); ++$round) {
    $begun = hrtime(true);
    $content = match (getenv('BENCH_CONTENT')) {
        'bytes' => Content::bytes($held),
        'stream' => fopen($file, 'rb'),
        default => $file,
    };
    $client->signAndUpload(content: $content, privateKey: $key, fileType: 'pain.001.001.09', fileName: "payment-{$round}.xml", check: false);
    $seconds[] = round((hrtime(true) - $begun) / 1e9, 6);
}
report(['seconds' => $seconds]);

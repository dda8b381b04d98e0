<?php

/*
 * The growth of memory between 100,000 calls and 1,000,000, in bytes. The calls are the most frequent ones of a
 * program: local ones, typed and by name, successful and failing; two of a hundred go through the runtime. GROWTH_CALLS
 * changes the million.
 */

declare(strict_types=1);

require __DIR__ . '/support.php';
library('release/libbankchannel_c.so');

use Bankchannel\Bankchannel;
use Bankchannel\Content;
use Bankchannel\Exception\InvalidInputException;
use Bankchannel\Exception\TimedOutException;
use Bankchannel\WsChannel;
use Bankchannel\WsChannel\Bank;
use Bankchannel\WsChannel\Mode;

$resident = static function (): int {
    preg_match('/VmRSS:\s+(\d+)/', (string) file_get_contents('/proc/self/status'), $found);

    return 1024 * (int) $found[1];
};
$client = new WsChannel(baseUrl: 'http://127.0.0.1:9/v2', bank: Bank::Simulator, email: 'a@example.test', mode: Mode::Data);
$calls = (int) (getenv('GROWTH_CALLS') ?: 1000000);
$early = 0;
$failed = 0;
for ($call = 1; $call <= $calls; ++$call) {
    try {
        match (true) {
            // An expired call begins, fails in the runtime, and is freed.
            $call % 100 === 0 => $client->initLogin(timeout: 0),
            $call % 100 === 50 => $client->logIn(password: 'Correct-Horse-Battery-9!', timeout: 0, onCode: static fn (): string => '000000'),
            $call % 100 === 25 => Bankchannel::local('ws_channel.totp_code', ['colour' => 'red']),
            $call % 3 === 0 => Bankchannel::local('ws_channel.totp_code', ['secret' => 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP']),
            $call % 3 === 1 => $client->totpCode(secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'),
            default => $client->checkPaymentFile(content: Content::bytes('no payment')),
        };
    } catch (InvalidInputException | TimedOutException) {
        ++$failed;
    }
    if ($call === intdiv($calls, 10)) {
        $early = $resident();
    }
}
$late = $resident();
report(['calls' => $calls, 'failed' => $failed, 'resident_early' => $early, 'resident_late' => $late, 'grown' => $late - $early]);
exit($late - $early <= 1 << 20 ? 0 : 1);

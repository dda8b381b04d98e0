<?php

/*
 * A fresh process that loads the package and asks for its version, compared with a fresh `php -r 'FFI::cdef();'`, in
 * pairs.
 */

declare(strict_types=1);

require __DIR__ . '/support.php';
library('release/libbankchannel_c.so');

$ours = 'require ' . var_export(dirname(__DIR__) . '/src/autoload.php', true) . '; echo Bankchannel\Bankchannel::version();';
$run = static function (string $code): float {
    $begun = hrtime(true);
    $process = proc_open([PHP_BINARY, '-r', $code], [['file', '/dev/null', 'r'], ['file', '/dev/null', 'w'], ['file', '/dev/null', 'w']], $pipes);
    $code = is_resource($process) ? proc_close($process) : -1;
    $code === 0 || throw new RuntimeException("the process ended with {$code}");

    return (hrtime(true) - $begun) / 1e6;
};
$times = ['ours' => [], 'against' => []];
for ($round = 0; $round < 61; ++$round) {
    foreach (['ours' => $ours, 'against' => 'FFI::cdef();'] as $name => $code) {
        $time = $run($code);
        $round > 0 && $times[$name][] = $time;
    }
}
report(['ours_ms' => round(median($times['ours']), 3), 'against_ms' => round(median($times['against']), 3), 'against' => "php -r 'FFI::cdef();'"]);

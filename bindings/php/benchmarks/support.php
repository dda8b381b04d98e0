<?php

/*
 * Shared code of the benchmarks. Each prints one line of JSON and fails loudly.
 */

declare(strict_types=1);

set_error_handler(static function (int $level, string $message, string $file, int $line): never {
    throw new ErrorException($message, 0, $level, $file, $line);
});

/** The library to measure, unless the environment names another. */
function library(string $default): void
{
    if (getenv('BANKCHANNEL_LIBRARY') === false) {
        putenv('BANKCHANNEL_LIBRARY=' . dirname(__DIR__, 3) . "/target/{$default}");
    }
    require __DIR__ . '/../src/autoload.php';
}

/** @param list<float> $values */
function median(array $values): float
{
    sort($values);
    $middle = intdiv(count($values), 2);

    return count($values) % 2 === 1 ? $values[$middle] : ($values[$middle - 1] + $values[$middle]) / 2;
}

/**
 * Medians in microseconds per call, over alternating rounds: a temporary slowdown of the machine affects all of them.
 *
 * @param array<string, Closure(int): void> $contestants each makes the given number of calls
 *
 * @return array<string, float>
 */
function alternating(array $contestants, int $rounds, int $calls): array
{
    $times = [];
    for ($round = 0; $round < $rounds; ++$round) {
        foreach ($contestants as $name => $run) {
            $begun = hrtime(true);
            $run($calls);
            // The first round warms up.
            $round > 0 && $times[$name][] = (hrtime(true) - $begun) / 1000 / $calls;
        }
    }

    return array_map(static fn (array $each): float => round(median($each), 3), $times);
}

function report(array $line): void
{
    echo json_encode($line, JSON_THROW_ON_ERROR), "\n";
}

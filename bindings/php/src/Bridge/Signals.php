<?php

declare(strict_types=1);

namespace Bankchannel\Bridge;

/**
 * Delays PHP's signal handlers until the results of a native function are PHP values. A handler that throws right after
 * the function would lose the response or the error, and leak its memory.
 *
 * @internal
 */
final class Signals
{
    /** Delays handlers. Returns whether they ran asynchronously before, for `release`. */
    public static function hold(): bool
    {
        return \function_exists('pcntl_async_signals') && \pcntl_async_signals(false);
    }

    /** Runs the delayed handlers. */
    public static function release(bool $held): void
    {
        if ($held) {
            \pcntl_async_signals(true);
            \pcntl_signal_dispatch();
        }
    }
}

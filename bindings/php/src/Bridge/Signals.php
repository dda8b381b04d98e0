<?php

declare(strict_types=1);

namespace Bankchannel\Bridge;

/**
 * Signal handlers of PHP wait until what a native function gave is in PHP's own hands. One that throws right after the
 * function would take the response or the error with it, and the memory that they stand in.
 *
 * @internal
 */
final class Signals
{
    /** Lets handlers wait. Whether they ran by themselves until now, which `release` wants to know. */
    public static function hold(): bool
    {
        return \function_exists('pcntl_async_signals') && \pcntl_async_signals(false);
    }

    /** Runs the handlers that waited. */
    public static function release(bool $held): void
    {
        if ($held) {
            \pcntl_async_signals(true);
            \pcntl_signal_dispatch();
        }
    }
}

<?php

declare(strict_types=1);

namespace Bankchannel\Tests\Support;

use Psr\Log\AbstractLogger;

/** A logger that keeps its records. */
final class Records extends AbstractLogger
{
    /** @var list<array{string, string}> level and text */
    public array $records = [];

    /**
     * @param mixed                $level
     * @param string|\Stringable   $message
     * @param array<string, mixed> $context
     */
    public function log($level, $message, array $context = []): void
    {
        $this->records[] = [(string) $level, (string) $message];
    }

    public function text(): string
    {
        return implode("\n", array_map(static fn (array $record): string => implode(' ', $record), $this->records));
    }
}

<?php

declare(strict_types=1);

namespace Bankchannel;

/**
 * A file of mode 0600 that goes with this object, or with the program, in the process that made it: a child that was forked leaves it.
 *
 * @internal
 */
final class TemporaryFile
{
    /** @var array<string, int|false>|null the files that are there and the processes that made them; null before the first */
    private static ?array $there = null;

    /** @param resource $file */
    private function __construct(public readonly string $path, private readonly mixed $file)
    {
    }

    /** Null where the folder for temporary files cannot be written to. */
    public static function make(): ?self
    {
        $path = @\tempnam(\sys_get_temp_dir(), 'bankchannel-');
        $file = $path === false ? false : @\fopen($path, 'wb');
        if ($path === false || $file === false) {
            return null;
        }
        if (self::$there === null) {
            // After a fatal error nothing is destructed.
            \register_shutdown_function(static fn () => \array_map(self::remove(...), \array_keys(self::$there ?? [])));
        }
        self::$there[$path] = \getmypid();

        return new self($path, $file);
    }

    /** Whether all of it could be written. */
    public function write(string $bytes): bool
    {
        return @\fwrite($this->file, $bytes) === \strlen($bytes);
    }

    /** Whether what was written is in the file. */
    public function flush(): bool
    {
        return @\fflush($this->file);
    }

    public function __destruct()
    {
        self::remove($this->path);
    }

    private static function remove(string $path): void
    {
        if ((self::$there[$path] ?? null) === \getmypid()) {
            @\unlink($path);
        }
        unset(self::$there[$path]);
    }
}

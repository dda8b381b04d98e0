<?php

declare(strict_types=1);

namespace Bankchannel;

/**
 * A file of mode 0600 (on Windows in the user's own folder) that is removed with this object, or at the end of the
 * program, by the process that made it; a forked child does not remove it.
 *
 * @internal
 */
final class TemporaryFile
{
    /** @var array<string, array{int|false, resource}>|null the existing files, each with the process that made it; null before the first */
    private static ?array $there = null;

    /** @param resource $file */
    private function __construct(public readonly string $path, private readonly mixed $file)
    {
    }

    /** Null if the folder for temporary files is not writable. */
    public static function make(): ?self
    {
        $path = @\tempnam(\sys_get_temp_dir(), 'bankchannel-');
        $file = $path === false ? false : @\fopen($path, 'wb');
        if ($path === false || $file === false) {
            return null;
        }
        if (self::$there === null) {
            // After a fatal error no destructor runs.
            \register_shutdown_function(static fn () => \array_map(self::remove(...), \array_keys(self::$there ?? [])));
        }
        self::$there[$path] = [\getmypid(), $file];

        return new self($path, $file);
    }

    /** Whether everything was written. */
    public function write(string $bytes): bool
    {
        return @\fwrite($this->file, $bytes) === \strlen($bytes);
    }

    /** Whether the written bytes are in the file. */
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
        [$process, $file] = self::$there[$path] ?? [null, null];
        unset(self::$there[$path]);
        if ($file !== null && $process === \getmypid()) {
            // Windows removes no file that is open; elsewhere what still writes goes on.
            if (\PHP_OS_FAMILY === 'Windows') {
                \fclose($file);
            }
            @\unlink($path);
        }
    }
}

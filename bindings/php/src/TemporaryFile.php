<?php

declare(strict_types=1);

namespace Bankchannel;

/**
 * A file of mode 0600 that goes with this object, in the process that made it: a child that was forked leaves it.
 *
 * @internal
 */
final class TemporaryFile
{
    /** @param resource $file */
    private function __construct(public readonly string $path, private readonly mixed $file, private readonly int|false $process)
    {
    }

    /** Null where the folder for temporary files cannot be written to. */
    public static function make(): ?self
    {
        $path = @\tempnam(\sys_get_temp_dir(), 'bankchannel-');
        $file = $path === false ? false : @\fopen($path, 'wb');

        return $path === false || $file === false ? null : new self($path, $file, \getmypid());
    }

    /** Whether all of it could be written. */
    public function write(string $bytes): bool
    {
        return @\fwrite($this->file, $bytes) === \strlen($bytes) && @\fflush($this->file);
    }

    public function __destruct()
    {
        if (\getmypid() === $this->process) {
            @\unlink($this->path);
        }
    }
}

<?php

declare(strict_types=1);

namespace Bankchannel\Tests\Support;

/** Files and folders that are removed at the end. */
final class Scratch
{
    /** A file with this content. */
    public static function file(string $content): string
    {
        $path = (string) tempnam(sys_get_temp_dir(), 'bankchannel-');
        file_put_contents($path, $content);
        self::later($path);

        return $path;
    }

    /** An empty folder. */
    public static function folder(): string
    {
        $path = (string) tempnam(sys_get_temp_dir(), 'bankchannel-');
        unlink($path);
        mkdir($path, 0700);
        self::later($path);

        return $path;
    }

    private static function later(string $path): void
    {
        $process = getmypid();
        register_shutdown_function(static function () use ($path, $process): void {
            // A child's exit must not remove the parent's files.
            if ($process === getmypid()) {
                self::remove($path);
            }
        });
    }

    private static function remove(string $path): void
    {
        if (is_dir($path) && !is_link($path)) {
            foreach (array_diff((array) scandir($path), ['.', '..']) as $name) {
                self::remove("{$path}/{$name}");
            }
            rmdir($path);
        } elseif (file_exists($path) || is_link($path)) {
            unlink($path);
        }
    }
}

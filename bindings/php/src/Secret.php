<?php

declare(strict_types=1);

namespace Bankchannel;

/**
 * A secret that stands somewhere else: the library reads it there, and PHP never holds it. Where PHP has it already, give
 * it as a string.
 */
final class Secret
{
    private function __construct(
        private readonly string $kind,
        private readonly string $name,
    ) {
    }

    /** The text of a file, less one final line break. */
    public static function file(string $path): self
    {
        return new self('file', $path);
    }

    /** The value of an environment variable. */
    public static function env(string $name): self
    {
        return new self('env', $name);
    }

    /**
     * @internal
     *
     * @return array<string, string>
     */
    public function toArray(): array
    {
        return [$this->kind => $this->name];
    }
}

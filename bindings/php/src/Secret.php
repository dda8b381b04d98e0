<?php

declare(strict_types=1);

namespace Bankchannel;

/**
 * A reference to a secret. The library reads a file, so PHP never holds its content. If PHP already has the secret,
 * give it as a string.
 */
final class Secret
{
    private function __construct(
        private readonly string $kind,
        private readonly string $name,
    ) {
    }

    /**
     * The text of a file, without one final line break.
     *
     * @throws Exception\BankchannelException
     */
    public static function file(string|\SplFileInfo $path): self
    {
        return new self('file', Content::pathOf('path', $path));
    }

    /**
     * The value of an environment variable in PHP: `$_SERVER`, else the parameters of the web server (FastCGI) and the
     * process's own variables (`getenv`), else `$_ENV`. Names that begin with `HTTP_` are headers of a request and
     * refused. It is read when the client is made or called.
     *
     * @throws Exception\BankchannelException
     */
    public static function env(string $name): self
    {
        if (str_starts_with($name, 'HTTP_')) {
            throw Exception\BankchannelException::invalidInput('name', 'names that begin with `HTTP_` are headers of a request, which its sender writes');
        }

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

    /**
     * The text, if PHP has it; otherwise the reference, which the library resolves or refuses.
     *
     * @internal
     *
     * @return string|array<string, string>
     */
    public function given(): string|array
    {
        $here = $this->kind === 'env' ? Environment::get($this->name) : null;

        return $here ?? $this->toArray();
    }
}

<?php

declare(strict_types=1);

namespace Bankchannel;

use Bankchannel\Bridge\Place;
use Bankchannel\Exception\BankchannelException;

/**
 * A file's content: given to a call, or what came of one.
 *
 * Wherever a call takes content, a string is a **path**, and a stream is read from where it stands. Bytes that PHP holds
 * are given as `Content::bytes($bytes)`; the library then copies them once, a path not at all.
 */
final class Content
{
    /** How many bytes a stream is read in at once. */
    private const PIECE = 262144;

    /** @param resource|null $stream */
    private function __construct(
        private readonly ?string $bytes = null,
        /** Where the file is, when it is one. */
        public readonly ?string $path = null,
        private readonly mixed $stream = null,
        /** How many bytes, where that is known. */
        public readonly ?int $size = null,
        /** What removes the file with this object. */
        private readonly ?TemporaryFile $kept = null,
    ) {
    }

    /** These bytes. */
    public static function bytes(string $bytes): self
    {
        return new self(bytes: $bytes, size: strlen($bytes));
    }

    /**
     * The file of this path.
     *
     * @throws BankchannelException
     */
    public static function path(string|\SplFileInfo $path): self
    {
        return new self(path: self::pathOf('content', $path));
    }

    /**
     * A stream, read once from where it stands to its end.
     *
     * @param resource $stream a blocking one
     *
     * @throws BankchannelException
     */
    public static function stream(mixed $stream): self
    {
        if (!is_resource($stream) || get_resource_type($stream) !== 'stream') {
            throw BankchannelException::invalidInput('content', 'must be an open stream');
        }

        return new self(stream: $stream);
    }

    /**
     * Content in any of the forms that a call takes.
     *
     * @internal
     *
     * @throws BankchannelException
     */
    public static function of(mixed $given): ?self
    {
        return match (true) {
            $given === null, $given instanceof self => $given,
            is_string($given), $given instanceof \SplFileInfo => self::path($given),
            default => self::stream($given),
        };
    }

    /**
     * What a call gave: to a file, or to a stream of the caller's.
     *
     * @internal
     */
    public static function delivered(?int $size, ?string $path): self
    {
        return new self(path: $path, size: $size);
    }

    /**
     * A path. An open file is none: it stands somewhere in the file, and that would not count.
     *
     * @internal
     *
     * @throws BankchannelException
     */
    public static function pathOf(string $field, string|\SplFileInfo $path): string
    {
        if ($path instanceof \SplFileObject) {
            throw BankchannelException::invalidInput($field, 'is an open SplFileObject: give its path, or a stream that fopen() opened');
        }

        return (string) $path;
    }

    /** The bytes. Content that went to a stream of the caller's is there, and no longer here. */
    public function contents(): string
    {
        if ($this->bytes !== null) {
            return $this->bytes;
        }
        $bytes = $this->path !== null ? @file_get_contents($this->path) : ($this->stream !== null ? stream_get_contents($this->stream) : false);
        if ($bytes === false) {
            throw new \LogicException('This content was written to where the call was told, or cannot be read.');
        }

        return $bytes;
    }

    /**
     * A stream to read the bytes from.
     *
     * @return resource
     */
    public function open(): mixed
    {
        if ($this->stream !== null) {
            return $this->stream;
        }
        $stream = $this->path !== null ? @fopen($this->path, 'rb') : fopen('php://temp', 'w+b');
        if ($stream === false) {
            throw new \LogicException('This content cannot be read.');
        }
        if ($this->path === null) {
            fwrite($stream, $this->contents());
            rewind($stream);
        }

        return $stream;
    }

    /**
     * The same without a stream: what that holds is read here and now.
     *
     * @internal
     */
    public function held(): self
    {
        return $this->stream === null ? $this : self::bytes($this->contents());
    }

    /**
     * The same for many calls, each of which would copy it: what is no file already, and large, goes into one that is removed with this
     * object. Where there is no place for such a file, it stays in memory.
     *
     * @internal
     *
     * @throws BankchannelException
     */
    public function filed(): self
    {
        if ($this->path !== null || ($this->bytes !== null && \strlen($this->bytes) <= self::PIECE)) {
            return $this;
        }
        $kept = TemporaryFile::make();
        if ($kept === null) {
            return $this->held();
        }
        $size = 0;
        for ($piece = $this->bytes ?? $this->piece(); $piece !== null; $piece = $this->bytes === null ? $this->piece() : null) {
            if (!$kept->write($piece) || !$kept->flush()) {
                throw BankchannelException::invalidInput('content', 'cannot be written to the folder for temporary files: it may be full');
            }
            $size += \strlen($piece);
        }

        return new self(path: $kept->path, size: $size, kept: $kept);
    }

    /** @internal */
    public function place(): Place
    {
        return match (true) {
            $this->stream !== null => new Place(Place::PIECES),
            $this->path !== null => new Place(Place::PATH, $this->path),
            default => new Place(Place::BYTES, $this->bytes ?? ''),
        };
    }

    /**
     * The next piece of the stream; null at its end.
     *
     * @internal
     *
     * @throws BankchannelException
     */
    public function piece(): ?string
    {
        $piece = $this->stream === null ? '' : fread($this->stream, self::PIECE);
        if ($piece === false) {
            throw BankchannelException::invalidInput('content', 'the stream cannot be read');
        }
        if ($piece !== '') {
            return $piece;
        }
        if ($this->stream !== null && !feof($this->stream)) {
            throw BankchannelException::invalidInput('content', 'the stream gave nothing although it is not at its end: it must be a blocking one');
        }

        return null;
    }
}

<?php

declare(strict_types=1);

namespace Bankchannel;

use Bankchannel\Bridge\Place;
use Bankchannel\Exception\BankchannelException;

/**
 * A file's content: an argument of a call, or its result.
 *
 * In every call that takes content, a string is a **path**, and a stream is read from its current position. Bytes in
 * PHP are given as `Content::bytes($bytes)`; the library then copies them once, a path not at all.
 */
final class Content
{
    /** Bytes read from a stream at once. */
    private const PIECE = 262144;

    /** @param resource|null $stream */
    private function __construct(
        private readonly ?string $bytes = null,
        /** The path, if it is a file. */
        public readonly ?string $path = null,
        private readonly mixed $stream = null,
        /** The number of bytes, if it is known. */
        public readonly ?int $size = null,
        /** Removes the file together with this object. */
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
     * A stream, read once from its current position to its end.
     *
     * @param resource $stream a blocking stream
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
     * Content in any of the accepted forms.
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
     * The content that a call wrote to a file, or to the caller's stream.
     *
     * @internal
     */
    public static function delivered(?int $size, ?string $path): self
    {
        return new self(path: $path, size: $size);
    }

    /**
     * A path. An open file is refused: its current position would be ignored.
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

    /** @return array<string, mixed> */
    public function __serialize(): array
    {
        if ($this->stream !== null || $this->kept !== null) {
            throw new \LogicException('Content of a stream belongs to its process and is not serialized: make one in each process, or give its path or bytes');
        }

        return (array) $this;
    }

    /** The bytes. Content that was written to the caller's stream is no longer available here. */
    public function contents(): string
    {
        return $this->begin(null);
    }

    /**
     * The bytes; of a file or a stream at most so many are read.
     *
     * @internal
     *
     * @param int<0, max>|null $size
     */
    public function begin(?int $size): string
    {
        if ($this->bytes !== null) {
            return $this->bytes;
        }
        $bytes = $this->path !== null
            ? @file_get_contents($this->path, length: $size)
            : ($this->stream !== null ? stream_get_contents($this->stream, $size) : false);
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
     * The same without a stream: its content is read now.
     *
     * @internal
     */
    public function held(): self
    {
        return $this->stream === null ? $this : self::bytes($this->contents());
    }

    /**
     * The same for many calls, each of which would copy it: large content that is not a file is written to one that is
     * removed with this object. If no such file can be created, the content stays in memory.
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

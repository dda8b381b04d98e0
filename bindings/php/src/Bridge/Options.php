<?php

declare(strict_types=1);

namespace Bankchannel\Bridge;

use Bankchannel\Exception\BankchannelException;

/**
 * How a call is to be carried out: `BankchannelCallOptions` of bankchannel.h, and the memory that it points to.
 *
 * @internal
 */
final class Options
{
    /** Where the options are, for the library; good as long as this object lives. */
    public readonly \FFI\CData $place;

    private readonly \FFI\CData $options;

    /** What finds out where a string is. */
    private static ?\FFI $memory = null;

    /** The places are held for the strings in them, which the options point to. */
    public function __construct(\FFI $library, int $timeoutMs, private readonly ?Place $content, private readonly ?Place $destination, bool $log, bool $progress = false)
    {
        $this->options = Library::made($library->new('BankchannelCallOptions'));
        $this->place = \FFI::addr($this->options);
        if ($library->bankchannel_call_options_init($this->place, \FFI::sizeof($this->options), null) !== Status::OK) {
            throw BankchannelException::invalidInput('options', 'are of another size in the native library');
        }
        $this->options->timeout_ms = $timeoutMs;
        if ($content !== null) {
            $this->options->content_kind = $content->kind;
            $this->options->content = self::address($content->data);
            $this->options->content_size = \strlen($content->data);
        }
        if ($destination !== null) {
            $this->options->destination_kind = $destination->kind;
            $this->options->destination = self::address($destination->data);
            $this->options->destination_size = \strlen($destination->data);
        }
        if ($log) {
            $this->options->log = 1;
        }
        if ($progress) {
            $this->options->progress = 1;
        }
    }

    /**
     * Where the bytes of a string are, good as long as that lives.
     *
     * A function's argument PHP passes as it is, a struct's member it can only set to a pointer. This function of C gives
     * back the pointer that it was passed, and spares a copy of the content: the first byte is where it is looked for.
     */
    private static function address(#[\SensitiveParameter] string $bytes): ?\FFI\CData
    {
        self::$memory ??= \FFI::cdef('char *memchr(const char *bytes, int wanted, size_t size);');

        return $bytes === '' ? null : self::$memory->memchr($bytes, \ord($bytes[0]), 1);
    }
}

<?php

declare(strict_types=1);

namespace Bankchannel\Bridge;

use Bankchannel\Exception\BankchannelException;

/**
 * The options of a call: `BankchannelCallOptions` of bankchannel.h, and the memory that it points to.
 *
 * @internal
 */
final class Options
{
    /** The options struct for the library; valid as long as this object lives. */
    public readonly \FFI\CData $place;

    private readonly \FFI\CData $options;

    /** Finds the address of a string. */
    private static ?\FFI $memory = null;

    /** The places and the id are held because the options point to their strings. */
    public function __construct(\FFI $library, int $timeoutMs, private readonly ?Place $content, private readonly ?Place $destination, bool $log, bool $progress = false, private readonly ?Extras $extras = null)
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
        foreach (['request_id' => $extras?->requestId, 'traceparent' => $extras?->traceparent] as $member => $text) {
            if ($text !== null) {
                // An empty text has an address too: NULL would mean that there is none.
                $this->options->{$member} = self::address($text === '' ? '-' : $text);
                $this->options->{"{$member}_size"} = \strlen($text);
            }
        }
        if ($extras?->retries !== null) {
            $this->options->retries = $extras->retries;
        }
        if ($extras?->withResponse === true) {
            $this->options->with_response = 1;
        }
        if ($extras?->hooks === true) {
            $this->options->hooks = 1;
        }
    }

    /**
     * The address of a string's bytes, valid as long as the string lives.
     *
     * PHP passes a function's argument directly, but a struct member must be set to a pointer. This C function returns
     * the pointer that it was passed, which avoids a copy of the content: it searches for the first byte, which is at
     * the start.
     */
    private static function address(#[\SensitiveParameter] string $bytes): ?\FFI\CData
    {
        // Windows finds no function without the name of its library.
        self::$memory ??= \FFI::cdef('char *memchr(const char *bytes, int wanted, size_t size);', PHP_OS_FAMILY === 'Windows' ? 'ucrtbase.dll' : null);

        return $bytes === '' ? null : self::$memory->memchr($bytes, \ord($bytes[0]), 1);
    }
}

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

    private readonly ?\FFI\CData $content;

    private readonly ?\FFI\CData $destination;

    public function __construct(\FFI $library, int $timeoutMs, ?Place $content, ?Place $destination, bool $log)
    {
        $this->options = Library::made($library->new('BankchannelCallOptions'));
        $this->place = \FFI::addr($this->options);
        if ($library->bankchannel_call_options_init($this->place, \FFI::sizeof($this->options), null) !== Status::OK) {
            throw BankchannelException::invalidInput('options', 'are of another size in the native library');
        }
        $this->options->timeout_ms = $timeoutMs;
        $this->content = self::buffer($library, $content->data ?? '');
        if ($content !== null) {
            $this->options->content_kind = $content->kind;
            $this->options->content = self::pointer($this->content);
            $this->options->content_size = \strlen($content->data);
        }
        $this->destination = self::buffer($library, $destination->data ?? '');
        if ($destination !== null) {
            $this->options->destination_kind = $destination->kind;
            $this->options->destination = self::pointer($this->destination);
            $this->options->destination_size = \strlen($destination->data);
        }
        if ($log) {
            $this->options->log = 1;
        }
    }

    /** PHP passes a string to a function as it is, but a struct can only point to memory of C. */
    private static function buffer(\FFI $library, #[\SensitiveParameter] string $bytes): ?\FFI\CData
    {
        if ($bytes === '') {
            return null;
        }
        $buffer = Library::made($library->new('char[' . \strlen($bytes) . ']'));
        \FFI::memcpy($buffer, $bytes, \strlen($bytes));

        return $buffer;
    }

    /** Where a buffer begins: a pointer that a struct may hold, while the buffer itself stays PHP's to free. */
    private static function pointer(?\FFI\CData $buffer): ?\FFI\CData
    {
        return $buffer === null ? null : \FFI::addr($buffer[0]);
    }
}

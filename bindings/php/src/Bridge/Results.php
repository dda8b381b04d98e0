<?php

declare(strict_types=1);

namespace Bankchannel\Bridge;

/**
 * The memory to which a native function writes its results. Allocating it costs more than a local operation, so it is
 * reused.
 *
 * @internal
 */
final class Results
{
    /** Most answers of local operations are shorter. A private key is not, so it does not stay in memory that is reused. */
    private const BUFFER_BYTES = 1024;

    public readonly \FFI\CData $answer;
    public readonly \FFI\CData $answerPlace;
    public readonly \FFI\CData $json;
    public readonly \FFI\CData $jsonPlace;
    public readonly \FFI\CData $content;
    public readonly \FFI\CData $contentPlace;
    public readonly \FFI\CData $error;
    public readonly \FFI\CData $errorPlace;
    private readonly \FFI\CData $buffer;

    public function __construct(\FFI $library)
    {
        $this->buffer = Library::made($library->new('char[' . self::BUFFER_BYTES . ']'));
        $this->answer = Library::made($library->new('BankchannelAnswer'));
        $this->answer->buffer = \FFI::addr($this->buffer[0]);
        $this->answer->buffer_size = self::BUFFER_BYTES;
        $this->answerPlace = \FFI::addr($this->answer);
        $this->json = Library::made($library->new('BankchannelBytes'));
        $this->content = Library::made($library->new('BankchannelBytes'));
        $this->error = Library::made($library->new('BankchannelError *'));
        $this->jsonPlace = \FFI::addr($this->json);
        $this->contentPlace = \FFI::addr($this->content);
        $this->errorPlace = \FFI::addr($this->error);
    }
}

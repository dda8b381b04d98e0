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
    public readonly \FFI\CData $json;
    public readonly \FFI\CData $jsonPlace;
    public readonly \FFI\CData $content;
    public readonly \FFI\CData $contentPlace;
    public readonly \FFI\CData $error;
    public readonly \FFI\CData $errorPlace;

    public function __construct(\FFI $library)
    {
        $this->json = Library::made($library->new('BankchannelBytes'));
        $this->content = Library::made($library->new('BankchannelBytes'));
        $this->error = Library::made($library->new('BankchannelError *'));
        $this->jsonPlace = \FFI::addr($this->json);
        $this->contentPlace = \FFI::addr($this->content);
        $this->errorPlace = \FFI::addr($this->error);
    }
}

<?php

declare(strict_types=1);

namespace Bankchannel\Bridge;

/**
 * The places that a native function writes its results to. Making them costs more than a call that only computes, so they
 * are used again and again.
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

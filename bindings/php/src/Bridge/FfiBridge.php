<?php

declare(strict_types=1);

namespace Bankchannel\Bridge;

use Bankchannel\Exception\BankchannelException;

/**
 * The native library through PHP's FFI. Every function of bankchannel.h that PHP uses is called here and nowhere else.
 */
final class FfiBridge implements Bridge
{
    private readonly \FFI $library;

    /** @throws BankchannelException when the library cannot be used; the message says what to install or set. */
    public function __construct()
    {
        $this->library = Library::get();
    }

    public function version(): string
    {
        return (string) $this->library->bankchannel_version();
    }

    public function catalogue(): string
    {
        $json = $this->library->new('BankchannelBytes');
        $error = $this->library->new('BankchannelError *');
        $this->check($this->library->bankchannel_catalogue(\FFI::addr($json), \FFI::addr($error)), $error);

        return $this->taken($json) ?? '';
    }

    public function openClient(#[\SensitiveParameter] string $settings): Handle
    {
        $client = $this->library->new('BankchannelClient *');
        $error = $this->library->new('BankchannelError *');
        $this->check(
            $this->library->bankchannel_client_new($settings, strlen($settings), \FFI::addr($client), \FFI::addr($error)),
            $error,
        );
        $library = $this->library;

        return new Handle($client, static fn (mixed $client) => $library->bankchannel_client_free($client));
    }

    public function begin(Handle $client, string $name, #[\SensitiveParameter] string $request, int $timeoutMs, Place $content, Place $destination): Handle
    {
        $call = $this->library->new('BankchannelCall *');
        $error = $this->library->new('BankchannelError *');
        // These two live until the function returns, which is as long as the library looks at them.
        $contentData = $this->buffer($content->data);
        $destinationData = $this->buffer($destination->data);
        $options = $this->options($timeoutMs, $content, $contentData);
        $options->destination_kind = $destination->kind;
        $options->destination = self::pointer($destinationData);
        $options->destination_size = strlen($destination->data);
        $this->check(
            $this->library->bankchannel_call_begin(
                $client->pointer,
                $name,
                strlen($name),
                $request,
                strlen($request),
                \FFI::addr($options),
                \FFI::addr($call),
                \FFI::addr($error),
            ),
            $error,
        );
        $library = $this->library;

        return new Handle($call, static fn (mixed $call) => $library->bankchannel_call_free($call));
    }

    public function resume(Handle $call, int $reply, #[\SensitiveParameter] string $data = ''): Event
    {
        $json = $this->library->new('BankchannelBytes');
        $content = $this->library->new('BankchannelBytes');
        $error = $this->library->new('BankchannelError *');
        $status = $this->library->bankchannel_call_resume(
            $call->pointer,
            $reply,
            $data,
            strlen($data),
            \FFI::addr($json),
            \FFI::addr($content),
            \FFI::addr($error),
        );
        $this->check($status, $error);

        return new Event($status, $this->taken($json) ?? '', $this->taken($content));
    }

    public function local(string $name, #[\SensitiveParameter] string $request, Place $content): Event
    {
        $json = $this->library->new('BankchannelBytes');
        $result = $this->library->new('BankchannelBytes');
        $error = $this->library->new('BankchannelError *');
        $contentData = $this->buffer($content->data);
        $options = $this->options(-1, $content, $contentData);
        $status = $this->library->bankchannel_local(
            $name,
            strlen($name),
            $request,
            strlen($request),
            \FFI::addr($options),
            \FFI::addr($json),
            \FFI::addr($result),
            \FFI::addr($error),
        );
        $this->check($status, $error);

        return new Event($status, $this->taken($json) ?? '', $this->taken($result));
    }

    public function startServer(string $kind, #[\SensitiveParameter] string $options): Handle
    {
        $server = $this->library->new('BankchannelServer *');
        $error = $this->library->new('BankchannelError *');
        $this->check(
            $this->library->bankchannel_server_start(
                $kind,
                strlen($kind),
                $options,
                strlen($options),
                \FFI::addr($server),
                \FFI::addr($error),
            ),
            $error,
        );
        $library = $this->library;

        return new Handle($server, static fn (mixed $server) => $library->bankchannel_server_free($server));
    }

    public function serverInfo(Handle $server): string
    {
        $json = $this->library->new('BankchannelBytes');
        $error = $this->library->new('BankchannelError *');
        $this->check(
            $this->library->bankchannel_server_info($server->pointer, \FFI::addr($json), \FFI::addr($error)),
            $error,
        );

        return $this->taken($json) ?? '';
    }

    public function stopServer(Handle $server): void
    {
        $error = $this->library->new('BankchannelError *');
        $this->check($this->library->bankchannel_server_stop($server->pointer, \FFI::addr($error)), $error);
    }

    private function options(int $timeoutMs, Place $content, ?\FFI\CData $data): \FFI\CData
    {
        $options = $this->library->new('BankchannelCallOptions');
        $error = $this->library->new('BankchannelError *');
        $this->check(
            $this->library->bankchannel_call_options_init(\FFI::addr($options), \FFI::sizeof($options), \FFI::addr($error)),
            $error,
        );
        $options->timeout_ms = $timeoutMs;
        $options->content_kind = $content->kind;
        $options->content = self::pointer($data);
        $options->content_size = strlen($content->data);

        return $options;
    }

    /** PHP passes a string to a function as it is, but a struct can only point to memory of C. */
    private function buffer(#[\SensitiveParameter] string $bytes): ?\FFI\CData
    {
        if ($bytes === '') {
            return null;
        }
        $buffer = $this->library->new('char[' . strlen($bytes) . ']');
        \FFI::memcpy($buffer, $bytes, strlen($bytes));

        return $buffer;
    }

    /** Where a buffer begins: a pointer that a struct may hold, while the buffer itself stays PHP's to free. */
    private static function pointer(?\FFI\CData $buffer): ?\FFI\CData
    {
        return $buffer === null ? null : \FFI::addr($buffer[0]);
    }

    /** The bytes that the library gave, as a string of PHP's own; null where it gave none. */
    private function taken(\FFI\CData $bytes): ?string
    {
        $none = $bytes->owner === null;
        try {
            return $none ? null : \FFI::string($bytes->data, $bytes->size);
        } finally {
            $this->library->bankchannel_bytes_free(\FFI::addr($bytes));
        }
    }

    /** @throws BankchannelException */
    private function check(int $status, \FFI\CData $error): void
    {
        if ($status !== Status::ERROR && $status !== Status::MISUSE) {
            return;
        }
        try {
            $json = $this->library->bankchannel_error_json($error);
            throw BankchannelException::fromJson(is_string($json) ? $json : \FFI::string($json));
        } finally {
            $this->library->bankchannel_error_free($error);
        }
    }
}

<?php

declare(strict_types=1);

namespace Bankchannel\Bridge;

use Bankchannel\Exception\BankchannelException;

/**
 * The native library through PHP's FFI. Every function of bankchannel.h that PHP uses is called here and nowhere else.
 */
final class FfiBridge implements Bridge
{
    private static ?self $shared = null;

    private readonly \FFI $library;

    /** Results that no call uses at the moment. A signal handler that makes a call during a call creates its own. */
    private ?Results $spare = null;

    /** @throws BankchannelException when the library cannot be used; the message says what to install or set. */
    public function __construct()
    {
        $this->library = Library::get();
    }

    /**
     * The instance shared by this process.
     *
     * @throws BankchannelException when the library cannot be used; the message says what to install or set.
     */
    public static function shared(): self
    {
        return self::$shared ??= new self();
    }

    public function version(): string
    {
        return $this->library->bankchannel_version();
    }

    public function catalogue(): string
    {
        $results = $this->results();
        $this->check($this->library->bankchannel_catalogue($results->jsonPlace, $results->errorPlace), $results);

        return $this->event(Status::OK, $results, false)->json;
    }

    public function openClient(#[\SensitiveParameter] string $settings): Handle
    {
        $library = $this->library;
        $results = $this->results();
        $client = Library::made($library->new('BankchannelClient *'));
        $status = $library->bankchannel_client_new($settings, \strlen($settings), \FFI::addr($client), $results->errorPlace);
        $this->check($status, $results);
        $this->spare = $results;

        return new Handle($client, static fn (?\FFI\CData $client) => $library->bankchannel_client_free($client));
    }

    public function call(Handle $client, string $name, #[\SensitiveParameter] string $request, int $timeoutMs, ?Place $content, ?Place $destination, ?Extras $extras = null): Event
    {
        $results = $this->results();
        // It lives until the function returns; the library does not use it longer.
        $options = $timeoutMs === -1 && $content === null && $destination === null && ($extras === null || $extras->isPlain())
            ? null
            : new Options($this->library, $timeoutMs, $content, $destination, false, extras: $extras);
        $held = Signals::hold();
        try {
            $status = $this->library->bankchannel_call(
                $client->pointer,
                $name,
                \strlen($name),
                $request,
                \strlen($request),
                $options?->place,
                $results->jsonPlace,
                $results->contentPlace,
                $results->errorPlace,
            );
            $this->check($status, $results);

            return $this->event($status, $results);
        } finally {
            Signals::release($held);
        }
    }

    public function begin(Handle $client, string $name, #[\SensitiveParameter] string $request, int $timeoutMs, ?Place $content, ?Place $destination, bool $log, bool $progress = false, ?Extras $extras = null): Handle
    {
        $results = $this->results();
        $call = Library::made($this->library->new('BankchannelCall *'));
        $options = new Options($this->library, $timeoutMs, $content, $destination, $log, $progress, $extras);
        $this->check(
            $this->library->bankchannel_call_begin(
                $client->pointer,
                $name,
                \strlen($name),
                $request,
                \strlen($request),
                $options->place,
                \FFI::addr($call),
                $results->errorPlace,
            ),
            $results,
        );
        $this->spare = $results;
        $library = $this->library;

        return new Handle($call, static fn (?\FFI\CData $call) => $library->bankchannel_call_free($call));
    }

    public function resume(Handle $call, int $reply, #[\SensitiveParameter] string $data = ''): Event
    {
        $results = $this->results();
        $held = Signals::hold();
        try {
            $status = $this->library->bankchannel_call_resume(
                $call->pointer,
                $reply,
                $data,
                \strlen($data),
                $results->jsonPlace,
                $results->contentPlace,
                $results->errorPlace,
            );
            $this->check($status, $results);

            return $this->event($status, $results);
        } finally {
            Signals::release($held);
        }
    }

    public function log(Handle $call): string
    {
        $results = $this->results();
        $this->check($this->library->bankchannel_call_log($call->pointer, $results->jsonPlace, $results->errorPlace), $results);

        return $this->event(Status::OK, $results, false)->json;
    }

    public function compute(?Handle $client, string $name, #[\SensitiveParameter] string $request, ?Place $content): string
    {
        // A local operation often takes less time than a PHP function call, so only the library's functions are called.
        $library = $this->library;
        $results = $this->spare ?? new Results($library);
        $this->spare = null;
        if ($content === null) {
            // FFI makes a string of the text in the buffer at once.
            $json = $library->bankchannel_compute($client?->pointer, $name, \strlen($name), $request, \strlen($request), $results->answerPlace)
                ?? $this->taken($results->answer->json, \FFI::addr($results->answer->json))
                ?? throw $this->failure($results, $results->answer->error);
            $this->spare = $results;

            return $json;
        }
        $options = new Options($library, -1, $content, null, false);
        $status = $client === null
            ? $library->bankchannel_local($name, \strlen($name), $request, \strlen($request), $options->place, $results->jsonPlace, $results->contentPlace, $results->errorPlace)
            : $library->bankchannel_call($client->pointer, $name, \strlen($name), $request, \strlen($request), $options->place, $results->jsonPlace, $results->contentPlace, $results->errorPlace);
        $this->check($status, $results);

        return $this->event($status, $results)->json;
    }

    public function startServer(string $kind, #[\SensitiveParameter] string $options): Handle
    {
        $results = $this->results();
        $server = Library::made($this->library->new('BankchannelServer *'));
        $this->check(
            $this->library->bankchannel_server_start(
                $kind,
                \strlen($kind),
                $options,
                \strlen($options),
                \FFI::addr($server),
                $results->errorPlace,
            ),
            $results,
        );
        $this->spare = $results;
        $library = $this->library;

        return new Handle($server, static fn (?\FFI\CData $server) => $library->bankchannel_server_free($server));
    }

    public function serverInfo(Handle $server): string
    {
        $results = $this->results();
        $this->check(
            $this->library->bankchannel_server_info($server->pointer, $results->jsonPlace, $results->errorPlace),
            $results,
        );

        return $this->event(Status::OK, $results, false)->json;
    }

    public function controlServer(Handle $server, string $order, #[\SensitiveParameter] string $request): string
    {
        $results = $this->results();
        $this->check(
            $this->library->bankchannel_server_control(
                $server->pointer,
                $order,
                \strlen($order),
                $request,
                \strlen($request),
                $results->jsonPlace,
                $results->errorPlace,
            ),
            $results,
        );

        return $this->event(Status::OK, $results, false)->json;
    }

    public function stopServer(Handle $server): void
    {
        $results = $this->results();
        $this->check($this->library->bankchannel_server_stop($server->pointer, $results->errorPlace), $results);
        $this->spare = $results;
    }

    /**
     * Runs the command `bankchannel` with these arguments, and returns the exit code, which the process must end with. It watches
     * signals itself, and may end the process.
     *
     * @param list<string> $arguments
     *
     * @throws BankchannelException
     */
    public function runCommand(array $arguments): int
    {
        $library = $this->library;
        $results = $this->results();
        $code = Library::made($library->new('int32_t'));
        $given = ['bankchannel', ...$arguments];
        $pointers = Library::made($library->new('char *[' . \count($given) . ']'));
        $texts = [];
        foreach ($given as $place => $argument) {
            // FFI frees the text with its variable.
            $texts[] = $text = Library::made($library->new('char[' . (\strlen($argument) + 1) . ']'));
            \FFI::memcpy($text, $argument, \strlen($argument));
            $pointers[$place] = \FFI::addr($text[0]);
        }
        $status = $library->bankchannel_command(\FFI::addr($pointers[0]), \count($given), \FFI::addr($code), $results->errorPlace);
        $this->check($status, $results);

        return $code->cdata;
    }

    private function results(): Results
    {
        $results = $this->spare ?? new Results($this->library);
        $this->spare = null;

        return $results;
    }

    /** The results of a function, as PHP strings; afterwards the results are free for the next call. */
    private function event(int $status, Results $results, bool $withContent = true): Event
    {
        $event = new Event($status, $this->taken($results->json, $results->jsonPlace) ?? '', $withContent ? $this->taken($results->content, $results->contentPlace) : null);
        $this->spare = $results;

        return $event;
    }

    /** The bytes returned by the library, as a PHP string; null if there are none. */
    private function taken(\FFI\CData $bytes, \FFI\CData $place): ?string
    {
        if ($bytes->owner === null) {
            return null;
        }
        try {
            return \FFI::string($bytes->data, $bytes->size);
        } finally {
            $this->library->bankchannel_bytes_free($place);
        }
    }

    /** @throws BankchannelException */
    private function check(int $status, Results $results): void
    {
        if ($status === Status::ERROR || $status === Status::MISUSE) {
            throw $this->failure($results, $results->error);
        }
    }

    /** The library's error; afterwards the results are free for the next call. */
    private function failure(Results $results, \FFI\CData $error): BankchannelException
    {
        try {
            return BankchannelException::fromJson($this->library->bankchannel_error_json($error));
        } finally {
            $this->library->bankchannel_error_free($error);
            $this->spare = $results;
        }
    }
}

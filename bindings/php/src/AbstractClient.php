<?php

declare(strict_types=1);

namespace Bankchannel;

use Bankchannel\Bridge\Bridge;
use Bankchannel\Bridge\CallSpan;
use Bankchannel\Bridge\Conversation;
use Bankchannel\Bridge\Event;
use Bankchannel\Bridge\Extras;
use Bankchannel\Bridge\FfiBridge;
use Bankchannel\Bridge\Handle;
use Bankchannel\Bridge\Place;
use Bankchannel\Exception\BankchannelException;
use Bankchannel\Exception\ConfigurationException;
use Psr\Log\LoggerInterface;

/** The common methods of every protocol's client. */
abstract class AbstractClient
{
    private readonly Bridge $bridge;

    private readonly ?\Closure $onCode;

    private readonly ?\Closure $signer;

    private readonly ?\Closure $onRequest;

    private readonly ?\Closure $onResponse;

    private ?Handle $client;

    /** @var array<string, mixed> */
    private readonly array $shown;

    /** As given, for spans. */
    private readonly ?string $baseUrl;

    /**
     * @param array<string, mixed>                       $settings
     * @param string|null                                $variables   the prefix of the environment variables, if they count
     * @param (callable(Question): string)|null          $onCode
     * @param (callable(SignatureRequest): string)|null  $signer
     * @param (callable(HttpRequest): mixed)|null        $onRequest
     * @param (callable(HttpRequest, HttpExchange): mixed)|null $onResponse
     * @param string|(\Closure(): (string|null))|null   $traceparent
     * @param object|null                                $tracer      a `TracerInterface` of OpenTelemetry
     *
     * @throws BankchannelException
     */
    protected function __construct(string $protocol, #[\SensitiveParameter] array $settings, ?callable $onCode, ?callable $signer, private readonly ?LoggerInterface $logger, ?string $variables, ?Bridge $bridge, ?callable $onRequest = null, ?callable $onResponse = null, private readonly string|\Closure|null $traceparent = null, private readonly ?object $tracer = null)
    {
        CallSpan::check($tracer);
        $address = static fn (string $name): ?string => \is_string($settings[$name] ?? null) ? $settings[$name] : null;
        $this->baseUrl = $address('base_url') ?? $address('file_url');
        $isName = static fn (mixed $value): bool => \is_string($value) && preg_match('/^[\w.-]{1,40}$/D', $value) === 1;
        $open = array_filter(array_intersect_key($settings, array_flip(['bank', 'mode', 'environment'])), $isName);
        $place = $this->baseUrl === null ? ($variables === null ? 'that of the settings above' : 'that of the environment') : preg_replace(['~//[^/@]*@~', '~[?#].*~s'], ['//', ''], $this->baseUrl);
        $this->shown = ['protocol' => $protocol] + $open + ['address' => $place];
        $this->bridge = $bridge ?? FfiBridge::shared();
        $this->onCode = $onCode === null ? null : \Closure::fromCallable($onCode);
        $this->signer = $signer === null ? null : \Closure::fromCallable($signer);
        $this->onRequest = $onRequest === null ? null : \Closure::fromCallable($onRequest);
        $this->onResponse = $onResponse === null ? null : \Closure::fromCallable($onResponse);
        $found = $variables === null ? [] : Environment::startingWith($variables);
        // Without variables of its own PHP leaves the lookup to the library.
        $given = ['protocol' => $protocol] + ($variables === null ? [] : ['from_env' => $found === [] ? true : $found]) + $settings;
        try {
            $this->client = $this->bridge->openClient(Encode::json($given));
        } catch (BankchannelException $error) {
            throw $error->named();
        }
    }

    /**
     * What `var_dump` and `print_r` show: nothing secret or personal.
     *
     * @return array<string, mixed>
     */
    final public function __debugInfo(): array
    {
        if ($this->client === null) {
            return $this->shown + ['closed' => true];
        }

        return $this->described($this->client) + $this->shown;
    }

    /**
     * The library's description of the client: its open settings, with their defaults, and its address.
     *
     * @return array<string, mixed>
     */
    private function described(Handle $client): array
    {
        try {
            $told = \json_decode($this->bridge->compute($client, 'client.described', '{}', null), true);
        } catch (BankchannelException) {
            return [];
        }
        $described = ['protocol' => $this->shown['protocol'] ?? null];
        foreach (\is_array($told) ? $told : [] as $name => $text) {
            $described[str_ends_with((string) $name, '_url') ? 'address' : $name] = $text;
        }

        return $described;
    }

    /**
     * Carries out any operation by its name (`ws_channel.list_files`), with the fields of the catalogue.
     *
     * @param array<string, mixed>                               $request
     * @param Content|string|\SplFileInfo|resource|null          $content     the request's content; a string is a path
     * @param string|\SplFileInfo|resource|null                  $destination destination of the response's content;
     * default: memory
     * @param (callable(Question): string)|null                  $onCode
     * @param (callable(SignatureRequest): string)|null          $signer
     * @param (callable(Progress): mixed)|null                   $onProgress  called with the progress of the call
     * @param string|null                                        $requestId   sent as `X-Request-ID`
     * @param int|null                                           $retries     how often each exchange may be repeated, 0 to 10
     * @param list<HttpExchange>|null                            $withResponse an array to which the answers to the exchanges are added
     *
     * @return array{array<string, mixed>, Content|null} the response, and its content if it has one
     *
     * @throws BankchannelException
     */
    final public function call(string $name, #[\SensitiveParameter] array $request = [], mixed $content = null, mixed $destination = null, ?float $timeout = null, ?callable $onCode = null, ?callable $signer = null, ?callable $onProgress = null, ?string $requestId = null, ?int $retries = null, ?array &$withResponse = null): array
    {
        try {
            return $this->exchange($name, $request, Content::of($content), $destination, $timeout, true, $onCode, $signer, $onProgress, false, $requestId, $retries, $withResponse);
        } catch (BankchannelException $error) {
            // The request id is an argument of this method; the other fields have the catalogue's names.
            $isArgument = ($error->context['field'] ?? null) === 'request_id' && $requestId !== null && !\array_key_exists('request_id', $request);
            throw $isArgument ? $error->named() : $error->byName();
        }
    }

    /** @return array<string, mixed> */
    public function __serialize(): array
    {
        throw new \LogicException(static::class . ' belongs to its process and is not serialized: make one in each process');
    }

    /** Frees the client's connections. Later calls are refused. */
    final public function close(): void
    {
        // Not freed at once: a signal handler may close a client that a call is about to use.
        $this->client = null;
    }

    /**
     * A local operation: it asks nothing, and its time cannot be limited.
     *
     * @param array<string, mixed> $request
     *
     * @return array<string, mixed>
     *
     * @throws BankchannelException
     */
    final protected function compute(string $name, #[\SensitiveParameter] array $request, ?Content $content = null): array
    {
        try {
            $json = $this->bridge->compute($this->client ?? throw self::closed($name), $name, Encode::json($request), $content?->place());
        } catch (BankchannelException $error) {
            throw $error->named();
        }

        /** @var array<string, mixed> */
        return \json_decode($json, true, 512, JSON_BIGINT_AS_STRING);
    }

    /**
     * @param array<string, mixed>                       $request
     * @param bool                                       $asks    whether it may ask for codes and signatures
     * @param (callable(Question): string)|null          $onCode
     * @param (callable(SignatureRequest): string)|null  $signer
     * @param (callable(Progress): mixed)|null           $onProgress
     * @param list<HttpExchange>|null                    $withResponse
     *
     * @return array{array<string, mixed>, Content|null}
     *
     * @throws BankchannelException
     */
    final protected function carryOut(string $name, #[\SensitiveParameter] array $request, ?Content $content = null, mixed $destination = null, ?float $timeout = null, bool $asks = false, ?callable $onCode = null, ?callable $signer = null, bool $asksProgram = false, ?callable $onProgress = null, ?string $requestId = null, ?int $retries = null, ?array &$withResponse = null): array
    {
        try {
            return $this->exchange($name, $request, $content, $destination, $timeout, $asks, $onCode, $signer, $onProgress, $asksProgram, $requestId, $retries, $withResponse);
        } catch (BankchannelException $error) {
            // The response's class is named after the operation, in the namespace of the client's name.
            $short = str_replace('_', '', ucwords(substr($name, (int) strpos($name, '.') + 1), '_'));
            throw $error->named()->withPartialOf(static::class . "\\{$short}Response");
        }
    }

    /**
     * @param array<string, mixed>                       $request
     * @param (callable(Question): string)|null          $onCode
     * @param (callable(SignatureRequest): string)|null  $signer
     * @param (callable(Progress): mixed)|null           $onProgress
     * @param list<HttpExchange>|null                    $withResponse
     *
     * @return array{array<string, mixed>, Content|null}
     *
     * @throws BankchannelException
     */
    private function exchange(string $name, #[\SensitiveParameter] array $request, ?Content $content, mixed $destination, ?float $timeout, bool $asks, ?callable $onCode, ?callable $signer, ?callable $onProgress, bool $asksProgram, ?string $requestId, ?int $retries, ?array &$withResponse): array
    {
        $client = $this->client ?? throw self::closed($name);
        if ($timeout !== null && (is_nan($timeout) || $timeout < 0)) {
            throw BankchannelException::invalidInput('timeout', 'must be a number of seconds, 0 or more', $name);
        }
        // Elsewhere such numbers are milliseconds.
        if ($timeout !== null && $timeout > 86400 && $timeout !== INF) {
            throw BankchannelException::invalidInput('timeout', 'is in seconds: 86400, a day, is the most, or INF', $name);
        }
        // A fraction of a millisecond is not "expired at once".
        $limit = $timeout === null ? -1 : (int) min(ceil($timeout * 1000), 2 ** 53);
        if ($retries !== null && $retries < 0) {
            throw BankchannelException::invalidInput('retries', 'must be from 0 to 10', $name);
        }
        $span = CallSpan::begin($this->tracer, $name, $this->baseUrl);
        try {
            $done = $this->carriedOut($client, $name, $request, $limit, $content, $destination, $asks, $onCode, $signer, $onProgress, $asksProgram, $requestId, $retries, $withResponse, $span);
        } catch (\Throwable $why) {
            $span?->end($why);
            throw BankchannelException::passedThrough($why);
        }
        $span?->end(null);

        return $done;
    }

    /**
     * @param array<string, mixed>                       $request
     * @param (callable(Question): string)|null          $onCode
     * @param (callable(SignatureRequest): string)|null  $signer
     * @param (callable(Progress): mixed)|null           $onProgress
     * @param list<HttpExchange>|null                    $withResponse
     *
     * @return array{array<string, mixed>, Content|null}
     *
     * @throws BankchannelException
     */
    private function carriedOut(Handle $client, string $name, #[\SensitiveParameter] array $request, int $limit, ?Content $content, mixed $destination, bool $asks, ?callable $onCode, ?callable $signer, ?callable $onProgress, bool $asksProgram, ?string $requestId, ?int $retries, ?array &$withResponse, ?CallSpan $span): array
    {
        $hooks = $this->onRequest !== null || $this->onResponse !== null || $span !== null;
        $traceparent = $span?->header();
        if ($traceparent === null) {
            $traceparent = $this->traceparent instanceof \Closure ? ($this->traceparent)() : $this->traceparent;
        }
        if ($traceparent !== null && !\is_string($traceparent)) {
            throw BankchannelException::invalidInput('traceparent', 'the function must return a string', $name);
        }
        $extras = new Extras($requestId, $retries, $withResponse !== null, $hooks, $traceparent);
        $from = $content?->place();
        $to = $destination === null ? null : self::place($destination, $name);
        if (!$asks && !$hooks && $this->logger === null && $onProgress === null && $from?->kind !== Place::PIECES && $to?->kind !== Place::PIECES) {
            // The call has no intermediate events, so it is one native call.
            $event = $this->bridge->call($client, $name, Encode::json($request), $limit, $from, $to, $extras);
        } else {
            $onCode = $onCode === null ? $this->onCode : \Closure::fromCallable($onCode);
            if ($asksProgram && $onCode === null) {
                throw BankchannelException::missingInput('onCode', 'is needed: it answers for the bank', $name, 'not_sent');
            }
            $signer = $signer === null ? $this->signer : \Closure::fromCallable($signer);
            $watch = $onProgress === null ? null : \Closure::fromCallable($onProgress);
            $conversation = new Conversation($this->bridge, $name, $content, $destination, $onCode, $signer, $this->logger, $watch, $this->onRequest, $this->onResponse, $span);
            $event = $conversation->hold($client, Encode::json($request), $limit, $from, $to, $extras);
        }

        return self::result($event, $to, $withResponse);
    }

    private static function closed(string $name): ConfigurationException
    {
        return new ConfigurationException(['code' => 'configuration.closed', 'category' => 'configuration', 'message' => 'This client was closed. Open a new one.', 'operation' => $name]);
    }

    /**
     * @return array{array<string, mixed>, Content|null}
     */
    private static function result(Event $event, ?Place $to, ?array &$withResponse): array
    {
        $response = Encode::decoded($event->json);
        if ($withResponse !== null) {
            foreach ($response['exchanges'] as $one) {
                $withResponse[] = HttpExchange::of($one);
            }
            $response = $response['response'];
        }
        if ($event->content !== null) {
            return [$response, Content::bytes($event->content)];
        }
        if ($to === null) {
            return [$response, null];
        }
        $size = null;
        foreach ($response as $value) {
            // The field for content contains the size.
            if (\is_array($value) && \is_int($value['size'] ?? null)) {
                $size = $value['size'];
            }
        }

        return [$response, Content::delivered($size, $to->kind === Place::PATH ? $to->data : null)];
    }

    /** @throws BankchannelException */
    private static function place(mixed $destination, string $name): Place
    {
        // Before anything is sent: a bank marks a file as downloaded when it has sent it.
        if (\is_resource($destination) && get_resource_type($destination) === 'stream' && strpbrk(stream_get_meta_data($destination)['mode'], 'waxc+') === false) {
            throw BankchannelException::invalidInput('destination', "must be opened for writing, such as fopen(\$path, 'wb')", $name, 'not_sent');
        }

        return match (true) {
            \is_string($destination), $destination instanceof \SplFileInfo => new Place(Place::PATH, Content::pathOf('destination', $destination)),
            \is_resource($destination) && get_resource_type($destination) === 'stream' => new Place(Place::PIECES),
            default => throw BankchannelException::invalidInput('destination', 'must be a path or an open stream'),
        };
    }
}

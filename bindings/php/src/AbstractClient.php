<?php

declare(strict_types=1);

namespace Bankchannel;

use Bankchannel\Bridge\Bridge;
use Bankchannel\Bridge\Event;
use Bankchannel\Bridge\FfiBridge;
use Bankchannel\Bridge\Handle;
use Bankchannel\Bridge\Place;
use Bankchannel\Bridge\Reply;
use Bankchannel\Bridge\Status;
use Bankchannel\Exception\BankchannelException;
use Bankchannel\Exception\ConfigurationException;

/** What every protocol's client can do. */
abstract class AbstractClient
{
    private readonly Bridge $bridge;

    private readonly ?\Closure $onCode;

    private ?Handle $client;

    /**
     * @param array<string, mixed>                $settings
     * @param (callable(Question): string)|null $onCode
     *
     * @throws BankchannelException
     */
    protected function __construct(#[\SensitiveParameter] array $settings, ?callable $onCode, ?Bridge $bridge)
    {
        $this->bridge = $bridge ?? new FfiBridge();
        $this->onCode = $onCode === null ? null : \Closure::fromCallable($onCode);
        $this->client = $this->bridge->openClient(Encode::json(Encode::present($settings)));
    }

    /**
     * Carries out any operation by its name (`ws_channel.list_files`), with the fields of the catalogue.
     *
     * @param array<string, mixed>                               $request
     * @param Content|string|\SplFileInfo|resource|null          $content     to go with the request; a string is a path
     * @param string|\SplFileInfo|resource|null                  $destination where the response's content goes; left out, into memory
     * @param (callable(Question): string)|null                $onCode
     *
     * @return array{array<string, mixed>, Content|null} the response, and its content where it has one
     *
     * @throws BankchannelException
     */
    final public function call(string $name, #[\SensitiveParameter] array $request = [], mixed $content = null, mixed $destination = null, ?int $timeoutMs = null, ?callable $onCode = null): array
    {
        return $this->carryOut($name, $request, Content::of($content), $destination, $timeoutMs, $onCode);
    }

    /** Frees the client's connections. Calling anything afterwards is refused. */
    final public function close(): void
    {
        $this->client = null;
    }

    /**
     * @param array<string, mixed>                $request
     * @param (callable(Question): string)|null $onCode
     *
     * @return array{array<string, mixed>, Content|null}
     *
     * @throws BankchannelException
     */
    final protected function carryOut(string $name, #[\SensitiveParameter] array $request, ?Content $content = null, mixed $destination = null, ?int $timeoutMs = null, ?callable $onCode = null): array
    {
        if ($this->client === null) {
            throw new ConfigurationException(['code' => 'configuration.closed', 'category' => 'configuration', 'message' => 'This client was closed.', 'operation' => $name]);
        }
        if ($timeoutMs !== null && $timeoutMs < 0) {
            throw BankchannelException::invalidInput('timeoutMs', 'must be 0 or more');
        }
        [$place, $stream] = self::destination($destination);
        $call = $this->bridge->begin(
            $this->client,
            $name,
            Encode::json(Encode::present($request)),
            $timeoutMs ?? -1,
            $content?->place() ?? new Place(),
            $place,
        );
        $event = $this->bridge->resume($call, Reply::GO);
        // What a callable or a stream throws leaves this loop as it is: the call is then freed, which cancels it.
        while ($event->status !== Status::OK) {
            $event = $this->goOn($call, $event, $content, $stream, $onCode);
        }

        return self::result($event, $place);
    }

    /** @throws BankchannelException */
    private function goOn(Handle $call, Event $event, ?Content $content, mixed $stream, ?callable $onCode): Event
    {
        switch ($event->status) {
            case Status::WANT_PIECE:
                $piece = $content?->piece();

                return $piece === null ? $this->bridge->resume($call, Reply::END) : $this->bridge->resume($call, Reply::PIECE, $piece);
            case Status::PIECE:
                self::write($stream, $event->content ?? '');

                return $this->bridge->resume($call, Reply::GO);
            default:
                $asked = (array) json_decode($event->json, true);
                $question = new Question((string) ($asked['kind'] ?? ''), (string) ($asked['text'] ?? ''), array_values((array) ($asked['choices'] ?? [])), isset($asked['secret']) ? (string) $asked['secret'] : null);
                $answer = $onCode ?? $this->onCode;
                if ($answer === null) {
                    throw BankchannelException::invalidInput($question->kind, 'is needed, and no `onCode` was given to be asked');
                }

                return $this->bridge->resume($call, Reply::ANSWER, (string) $answer($question));
        }
    }

    /**
     * @return array{array<string, mixed>, Content|null}
     */
    private static function result(Event $event, Place $place): array
    {
        $response = (array) json_decode($event->json, true, 512, JSON_BIGINT_AS_STRING);
        if ($event->content !== null) {
            return [$response, Content::bytes($event->content)];
        }
        if ($place->kind === Place::DEFAULT) {
            return [$response, null];
        }
        $size = null;
        foreach ($response as $value) {
            // The one field that is content tells its size.
            if (is_array($value) && is_int($value['size'] ?? null)) {
                $size = $value['size'];
            }
        }

        return [$response, Content::delivered($size, $place->kind === Place::PATH ? $place->data : null)];
    }

    /**
     * @return array{Place, mixed} the place, and the stream to write to
     *
     * @throws BankchannelException
     */
    private static function destination(mixed $destination): array
    {
        return match (true) {
            $destination === null => [new Place(), null],
            is_string($destination), $destination instanceof \SplFileInfo => [new Place(Place::PATH, (string) $destination), null],
            is_resource($destination) && get_resource_type($destination) === 'stream' => [new Place(Place::PIECES), $destination],
            default => throw BankchannelException::invalidInput('destination', 'must be a path or an open stream'),
        };
    }

    /** @throws BankchannelException */
    private static function write(mixed $stream, string $piece): void
    {
        while ($piece !== '') {
            $written = is_resource($stream) ? fwrite($stream, $piece) : false;
            if ($written === false || $written === 0) {
                throw BankchannelException::invalidInput('destination', 'the stream cannot be written to');
            }
            $piece = substr($piece, $written);
        }
    }
}

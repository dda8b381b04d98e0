<?php

declare(strict_types=1);

namespace Bankchannel\Bridge;

use Bankchannel\Content;
use Bankchannel\Exception\BankchannelException;
use Bankchannel\HttpExchange;
use Bankchannel\HttpRequest;
use Bankchannel\Progress;
use Bankchannel\Question;
use Bankchannel\SignatureRequest;
use Psr\Log\LoggerInterface;

/**
 * One call that may ask while it runs: for a code, a signature, the next piece of content, or to take one.
 *
 * Exceptions of a callable or a stream pass through unchanged; freeing the call's handle then cancels it.
 *
 * @internal
 */
final class Conversation
{
    private bool $logs;

    /**
     * @param string        $operation   its name
     * @param mixed         $destination the stream to write received content to
     * @param \Closure|null $onCode      returns the answer to a `Question`
     * @param \Closure|null $signer      returns the signature for a `SignatureRequest`
     * @param \Closure|null $onProgress  called with the progress of the call
     * @param \Closure|null $onRequest   called with each request that begins
     * @param \Closure|null $onResponse  called with each request that was answered, and its answer
     * @param CallSpan|null $span        told of the same
     */
    public function __construct(
        private readonly Bridge $bridge,
        private readonly string $operation,
        private readonly ?Content $content,
        private readonly mixed $destination,
        private readonly ?\Closure $onCode,
        private readonly ?\Closure $signer,
        private readonly ?LoggerInterface $logger,
        private ?\Closure $onProgress = null,
        private ?\Closure $onRequest = null,
        private ?\Closure $onResponse = null,
        private readonly ?CallSpan $span = null,
    ) {
        $this->logs = $logger !== null;
    }

    /** Runs the call; returns its last event. @throws BankchannelException */
    public function hold(Handle $client, #[\SensitiveParameter] string $request, int $timeoutMs, ?Place $content, ?Place $destination, ?Extras $extras = null): Event
    {
        $call = $this->bridge->begin($client, $this->operation, $request, $timeoutMs, $content, $destination, $this->logs, $this->onProgress !== null, $extras);
        try {
            $event = $this->resume($call, Reply::GO);
            while ($event->status !== Status::OK) {
                $event = match ($event->status) {
                    Status::WANT_PIECE => $this->give($call),
                    Status::PIECE => $this->take($call, $event->content ?? ''),
                    Status::PROGRESS => $this->progressed($call, $event->json),
                    Status::EXCHANGE => $this->exchanged($call, $event->json),
                    default => $this->asked($call, $event->json),
                };
            }

            return $event;
        } finally {
            $call->release();
        }
    }

    /** Passes a question to the callback for it. Only the program learns the reason why its own code failed. */
    private function asked(Handle $call, #[\SensitiveParameter] string $json): Event
    {
        /** @var array{kind: string, text: string, request?: array<string, mixed>} $asked */
        $asked = (array) json_decode($json, true);
        if (!isset($asked['request']) || $this->onCode === null) {
            return $this->resume($call, Reply::ANSWER, $this->answer($call, $json));
        }
        try {
            $answer = ($this->onCode)(new Question($asked['kind'], $asked['text'], [], null, $asked['request']));
            if (!\is_string($answer) && !$answer instanceof \Stringable) {
                throw new \UnexpectedValueException('onCode must return a string, and returned ' . get_debug_type($answer));
            }
            $answer = (string) $answer;
        } catch (\Throwable $fault) {
            $this->report($asked['kind'], $fault);

            return $this->resume($call, Reply::FAIL);
        }

        return $this->resume($call, Reply::ANSWER, $answer);
    }

    /** Reports to the program alone why its own code failed. */
    private function report(string $what, \Throwable $fault): void
    {
        $text = "bankchannel: {$what}: the program's own code failed";
        if ($this->logger !== null) {
            $this->logger->error($text, ['exception' => $fault]);
        } else {
            error_log("{$text}: {$fault}");
        }
    }

    /** A callback that fails is not called again: it must not change the result of a payment. */
    private function progressed(Handle $call, string $json): Event
    {
        /** @var array{text: string, bytes: int, total?: int, direction?: string, step?: int, steps?: int, file?: int, files?: int, fraction?: float} $said */
        $said = (array) json_decode($json, true);
        try {
            if ($this->onProgress !== null) {
                ($this->onProgress)(new Progress(
                    $said['text'],
                    $said['bytes'],
                    $said['total'] ?? null,
                    $said['direction'] ?? null,
                    $said['step'] ?? 0,
                    $said['steps'] ?? null,
                    $said['file'] ?? null,
                    $said['files'] ?? null,
                    $said['fraction'] ?? null,
                ));
            }
        } catch (\Throwable $fault) {
            $this->onProgress = null;
            $this->report('onProgress', $fault);
        }

        return $this->resume($call, Reply::GO);
    }

    /** Reports a request or its answer, in the same way. */
    private function exchanged(Handle $call, string $json): Event
    {
        /** @var array{request: array{method: string, target: string, attempt: int}, answer?: array{method: string, status: int, headers: array<string, string>, duration_s: float, request_id?: string}} $stage */
        $stage = (array) json_decode($json, true);
        $request = new HttpRequest($this->operation, ...$stage['request']);
        $answer = isset($stage['answer']) ? HttpExchange::of($stage['answer']) : null;
        $this->span?->exchanged($request, $answer);
        try {
            if ($answer === null) {
                $this->onRequest === null || ($this->onRequest)($request);
            } elseif ($this->onResponse !== null) {
                ($this->onResponse)($request, $answer);
            }
        } catch (\Throwable $fault) {
            if ($answer === null) {
                $this->onRequest = null;
            } else {
                $this->onResponse = null;
            }
            $this->report($answer === null ? 'onRequest' : 'onResponse', $fault);
        }

        return $this->resume($call, Reply::GO);
    }

    private function give(Handle $call): Event
    {
        try {
            $piece = $this->content?->piece();
        } catch (\Throwable $fault) {
            throw $this->ended($fault, $this->breakOff($call), 'not_sent');
        }

        return $piece === null ? $this->resume($call, Reply::END) : $this->resume($call, Reply::PIECE, $piece);
    }

    private function take(Handle $call, string $piece): Event
    {
        try {
            while ($piece !== '') {
                // Silenced: a framework may turn PHP's notice into an exception without an outcome.
                $written = \is_resource($this->destination) ? @fwrite($this->destination, $piece) : false;
                if ($written === false || $written === 0) {
                    throw BankchannelException::invalidInput('destination', 'the stream cannot be written to');
                }
                $piece = substr($piece, $written);
            }
        } catch (\Throwable $fault) {
            // The rest is received and discarded: the call then tells its outcome.
            throw $this->ended($fault, $this->breakOff($call, Reply::GO), 'accepted');
        }

        return $this->resume($call, Reply::GO);
    }

    private function answer(Handle $call, #[\SensitiveParameter] string $json): string
    {
        /** @var array{kind: string, text: string, choices?: list<string>, secret?: string, request?: array<string, mixed>, signature?: array{algorithm: string, digest: string, key_fingerprint: string}} $asked */
        $asked = (array) json_decode($json, true);
        if (isset($asked['signature'])) {
            $signer = $this->signer ?? throw $this->missing($call, 'signature', 'is needed: give the client the private key, or a signer that has it');
            $to = $asked['signature'];
            $request = new SignatureRequest($to['algorithm'], (string) base64_decode($to['digest'], true), $to['key_fingerprint']);

            return base64_encode($this->text($call, 'signer', $this->answerOfProgram($call, static fn (): mixed => $signer($request))));
        }
        $onCode = $this->onCode ?? throw $this->missing($call, $asked['kind'], 'is needed, and no `onCode` was given to be asked');
        $question = new Question($asked['kind'], $asked['text'], $asked['choices'] ?? [], $asked['secret'] ?? null, $asked['request'] ?? null);

        return $this->text($call, 'onCode', $this->answerOfProgram($call, static fn (): mixed => $onCode($question)));
    }

    /**
     * The answer of the caller's own code. If it throws, the error of the call becomes the last of the causes: it has
     * the outcome.
     */
    private function answerOfProgram(Handle $call, \Closure $ask): mixed
    {
        try {
            return $ask();
        } catch (\Throwable $fault) {
            throw $this->caused($fault, $this->breakOff($call));
        }
    }

    /**
     * The failure of the caller's stream, with the outcome of the call.
     *
     * @param string $otherwise the outcome if the call ended without an error
     */
    private function ended(\Throwable $fault, ?BankchannelException $ended, string $otherwise): \Throwable
    {
        if ($fault instanceof BankchannelException && $fault->outcome === null) {
            return $fault->during($this->operation, $ended?->outcome ?? $otherwise, $ended);
        }

        return $this->caused($fault, $ended);
    }

    /** The failure of the caller's own code, with the error of the call as its cause, which has the outcome. */
    private function caused(\Throwable $fault, ?BankchannelException $ended): \Throwable
    {
        if ($ended !== null && $fault->getPrevious() === null) {
            // PHP sets a cause only in the constructor, and this exception is the caller's own.
            (new \ReflectionProperty($fault instanceof \Error ? \Error::class : \Exception::class, 'previous'))->setValue($fault, $ended);
        }

        return $fault;
    }

    /** A number is refused: it has lost the leading zeros of a code. */
    private function text(Handle $call, string $option, #[\SensitiveParameter] mixed $given): string
    {
        if (!\is_string($given) && !$given instanceof \Stringable) {
            $why = 'must return a string, and returned ' . get_debug_type($given);
            throw BankchannelException::invalidInput($option, $why, $this->operation, $this->breakOff($call)?->outcome);
        }

        return (string) $given;
    }

    private function missing(Handle $call, string $kind, string $why): BankchannelException
    {
        return BankchannelException::missingInput($kind, $why, $this->operation, $this->breakOff($call)?->outcome);
    }

    /** Ends a call whose caller has no answer: earlier attempts may have been sent, and the error has the outcome. */
    private function breakOff(Handle $call, int $reply = Reply::FAIL): ?BankchannelException
    {
        try {
            $event = $this->resume($call, $reply);
            while ($event->status !== Status::OK) {
                // The remaining data is discarded.
                $asks = \in_array($event->status, [Status::ASK, Status::WANT_PIECE], true);
                $event = $this->resume($call, $asks ? Reply::FAIL : Reply::GO);
            }
        } catch (BankchannelException $ended) {
            return $ended;
        }

        return null;
    }

    private function resume(Handle $call, int $reply, #[\SensitiveParameter] string $data = ''): Event
    {
        try {
            return $this->bridge->resume($call, $reply, $data);
        } finally {
            if ($this->logs) {
                $this->drain($call);
            }
        }
    }

    /** A logger that throws loses its records, but never a call: a log line must not hide the result of a payment. */
    private function drain(Handle $call): void
    {
        try {
            /** @var array{level: string, text: string, fields: array<string, int|string>} $record */
            foreach ((array) json_decode($this->bridge->log($call), true) as $record) {
                match ($record['level']) {
                    'debug' => $this->logger?->debug($record['text'], $this->about($record['fields'])),
                    'info' => $this->logger?->info($record['text'], $this->about($record['fields'])),
                    default => $this->logger?->warning($record['text'], $this->about($record['fields'])),
                };
            }
        } catch (\Throwable $why) {
            $this->logs = false;
            error_log('bankchannel: the logger failed and is not used for the rest of this call: ' . $why->getMessage());
        }
    }

    /**
     * The context of a log record: the operation and the facts in the text.
     *
     * @param array<string, int|string> $fields
     *
     * @return array<string, int|string>
     */
    private function about(array $fields): array
    {
        return ['operation' => $this->operation] + $fields;
    }
}

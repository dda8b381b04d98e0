<?php

declare(strict_types=1);

namespace Bankchannel\Exception;

/**
 * A complete error. The subclasses are the categories: catch those that you can handle.
 */
abstract class BankchannelException extends \RuntimeException
{
    /** The stable code, such as `ws_channel.upload_rejected`: one of `Bankchannel\ErrorCode`. */
    public readonly string $errorCode;

    /** The party at fault: the class as a name, such as `peer_refused`. */
    public readonly string $category;

    /** What went wrong. `getMessage()` has it with the operation, the code, the outcome and the remedy. */
    public readonly string $text;

    /** What to do about it. */
    public readonly string $remedy;

    /** Whether the same call, later and unchanged, may succeed. */
    public readonly bool $retryable;

    /** The operation that failed, such as `ws_channel.upload_file`. */
    public readonly ?string $operation;

    /** The HTTP status of the answer. */
    public readonly ?int $httpStatus;

    /**
     * The outcome of an exchange: `not_sent`, `unknown` (it may have reached the peer), `refused` or `accepted`. After
     * `unknown` and `accepted`, check before you send a payment again.
     */
    public readonly ?string $outcome;

    /** The wait in seconds that the peer asked for. */
    public readonly ?int $retryAfterS;

    /** The peer's own error. */
    public readonly ?Peer $peer;

    /**
     * @var array<string, string> The details of this case. `field` is the parameter as it is called here (`fileType`); in calls by name, as
     *                            the catalogue has it (`file_type`).
     */
    public readonly array $context;

    /** The finished part of the failed call, typed. */
    private mixed $partial = null;

    /** Whether it names fields as the catalogue does, and it is not decided yet whether that is right. */
    private bool $isFresh = false;

    /**
     * @internal `of` is for programs
     *
     * @param array<string, mixed> $error the error in the library's form
     * @param array<string, mixed> $shown message and context, if they differ here
     */
    final public function __construct(private readonly array $error, ?\Throwable $previous = null, array $shown = [])
    {
        $shown += $error;
        parent::__construct(self::messageOf($shown), 0, $previous);
        // Whose frames they are does not matter here: a test runner's and a program's hold closures and connections too.
        for ($one = $this; $one !== null; $one = $one->getPrevious()) {
            self::withoutArguments($one, static fn (array $frame): bool => true);
        }
        $this->text = (string) ($shown['message'] ?? '');
        $this->remedy = (string) ($error['remedy'] ?? '');
        $this->errorCode = (string) ($error['code'] ?? 'internal');
        $this->category = (string) ($error['category'] ?? (array_search(static::class, Categories::CLASSES, true) ?: 'internal'));
        $this->retryable = (bool) ($error['retryable'] ?? false);
        $this->operation = $error['operation'] ?? null;
        $this->httpStatus = $error['http_status'] ?? null;
        $this->outcome = $error['outcome'] ?? null;
        $this->retryAfterS = $error['retry_after_s'] ?? null;
        $this->context = (array) ($shown['context'] ?? []);
        $peer = $error['peer'] ?? null;
        $this->peer = is_array($peer) ? new Peer($peer['code'] ?? null, $peer['text'] ?? null, $peer['request_id'] ?? null) : null;
    }

    /**
     * An error like those of the library, for the tests of programs that catch it. Called on the class of its category:
     * `PeerRefusedException::of(ErrorCode::WS_CHANNEL_UPLOAD_REJECTED, outcome: 'refused')`.
     *
     * @param string                $errorCode one of `Bankchannel\ErrorCode`
     * @param string                $message   default: the code
     * @param array<string, string> $context
     */
    final public static function of(
        string $errorCode,
        string $message = '',
        bool $retryable = false,
        ?string $operation = null,
        ?int $httpStatus = null,
        ?string $outcome = null,
        ?int $retryAfterS = null,
        ?Peer $peer = null,
        array $context = [],
        ?\Throwable $previous = null,
    ): static {
        return new static([
            'code' => $errorCode,
            'message' => $message === '' ? $errorCode : $message,
            'retryable' => $retryable,
            'operation' => $operation,
            'http_status' => $httpStatus,
            'outcome' => $outcome,
            'retry_after_s' => $retryAfterS,
            'peer' => $peer === null ? null : ['code' => $peer->code, 'text' => $peer->text, 'request_id' => $peer->requestId],
            'context' => $context,
        ], $previous);
    }

    /**
     * The failure of the program's own code, without the arguments of this package's frames: `exchange` and what is
     * below it hold the native library's objects.
     *
     * @internal
     *
     * @template T of \Throwable
     *
     * @param T $fault
     *
     * @return T
     */
    public static function passedThrough(\Throwable $fault): \Throwable
    {
        for ($one = $fault; $one !== null; $one = $one->getPrevious()) {
            self::withoutArguments($one, static fn (array $frame): bool => str_starts_with($frame['class'] ?? '', 'Bankchannel\\'));
        }

        return $fault;
    }

    /**
     * Takes the arguments out of the trace, as `zend.exception_ignore_args=1` does: among them are secrets, and objects of
     * the native library and closures, with which no exception can be serialised.
     *
     * @param \Closure(array<string, mixed>): bool $isMeant which frames
     */
    private static function withoutArguments(\Throwable $one, \Closure $isMeant): void
    {
        $trace = $one->getTrace();
        $changed = false;
        foreach ($trace as $at => $frame) {
            if (isset($frame['args']) && $isMeant($frame)) {
                unset($trace[$at]['args']);
                $changed = true;
            }
        }
        if ($changed) {
            // PHP has no other way to it.
            (new \ReflectionProperty($one instanceof \Error ? \Error::class : \Exception::class, 'trace'))->setValue($one, $trace);
        }
    }

    /**
     * The message: `ws_channel.upload_file: the text [code; outcome refused] the remedy`.
     *
     * @param array<string, mixed> $shown
     */
    private static function messageOf(array $shown): string
    {
        $before = isset($shown['operation']) ? "{$shown['operation']}: " : '';
        $outcome = isset($shown['outcome']) ? "; outcome {$shown['outcome']}" : '';
        $code = $shown['code'] ?? 'internal';
        $remedy = ($shown['remedy'] ?? '') === '' ? '' : " {$shown['remedy']}";

        return $before . ($shown['message'] ?? '') . " [{$code}{$outcome}]{$remedy}";
    }

    /**
     * The same error, of this operation.
     *
     * @internal
     */
    final public function in(string $operation): static
    {
        $made = new static(['operation' => $operation] + $this->error, $this->getPrevious());
        $made->isFresh = $this->isFresh;

        return $made;
    }

    /**
     * The same error, found while a call ran.
     *
     * @internal
     *
     * @param self|null $ended the error with which the call ended
     */
    final public function during(string $operation, string $outcome, ?self $ended): static
    {
        return new static(['operation' => $operation, 'outcome' => $outcome] + $this->error, $this->getPrevious() ?? $ended);
    }

    /**
     * The exception for an error of the library, in the class of its category.
     *
     * @internal
     */
    public static function fromJson(string $json): self
    {
        $error = json_decode($json, true);
        $error = is_array($error) ? $error : ['code' => 'internal', 'category' => 'internal', 'message' => 'the library gave an error that is not JSON'];
        // An unknown category of a later version is still an error.
        $class = Categories::CLASSES[$error['category'] ?? ''] ?? InternalException::class;

        $made = new $class($error);
        $made->isFresh = true;

        return $made;
    }

    /**
     * The same error of a typed method: fields are named like its parameters. `toArray` keeps the original names.
     *
     * @internal
     */
    final public function named(): static
    {
        $field = $this->context['field'] ?? null;
        if (!$this->isFresh || !\is_string($field)) {
            return $this->byName();
        }
        // A list of problems has one per line; each line begins with its place.
        $problems = (string) ($this->context['problems'] ?? '');
        preg_match_all('/^[^:\n]*(?=: )/m', $problems, $places);
        preg_match_all('/[a-z][a-z0-9]*(?:_[a-z0-9]+)+/', $field . ' ' . implode(' ', $places[0]), $found);
        $names = [];
        foreach ($found[0] as $name) {
            $names[$name] = lcfirst(str_replace('_', '', ucwords($name, '_')));
        }
        if ($names === []) {
            return $this->byName();
        }
        $context = ['field' => strtr($field, $names)] + ($problems === '' ? [] : ['problems' => strtr($problems, $names)]);

        return new static($this->error, $this->getPrevious(), ['message' => strtr($this->text, $names), 'context' => $context + $this->context]);
    }

    /**
     * The finished part of the failed call, in the form of its response: files that have arrived, answers that have come.
     * `null` if there is nothing. A typed method gives the response's object, a call by name an array. It is not in
     * `toArray`.
     */
    final public function partialResponse(): mixed
    {
        return $this->partial ?? $this->error['partial_response'] ?? null;
    }

    /**
     * @internal
     *
     * @param string $class the response's class
     */
    final public function withPartialOf(string $class): static
    {
        $partial = $this->error['partial_response'] ?? null;
        if (\is_array($partial) && method_exists($class, 'fromArray')) {
            $this->partial = $class::fromArray($partial);
        }

        return $this;
    }

    /**
     * The same error of a call by name: fields keep the catalogue's names.
     *
     * @internal
     */
    final public function byName(): static
    {
        $this->isFresh = false;

        return $this;
    }

    /**
     * An error of a value that already has its catalogue name, and never reached the library.
     *
     * @internal
     */
    public static function invalidMember(string $field, string $why): InvalidInputException
    {
        $made = self::invalidInput($field, $why);
        $made->isFresh = true;

        return $made;
    }

    /**
     * An error of the caller's input that never reached the library.
     *
     * @internal
     */
    public static function invalidInput(string $field, string $why, ?string $operation = null, ?string $outcome = null): InvalidInputException
    {
        return self::ofInput('input.invalid_field', $field, "{$field}: {$why}", $operation, $outcome);
    }

    /**
     * The error when no callback can answer a question.
     *
     * @internal
     */
    public static function missingInput(string $field, string $why, string $operation, ?string $outcome): InvalidInputException
    {
        return self::ofInput('input.missing_field', $field, "{$field} {$why}", $operation, $outcome);
    }

    /**
     * The error for content that cannot be read.
     *
     * @internal
     */
    public static function unreadableInput(string $field): InvalidInputException
    {
        return self::ofInput('input.content_unreadable', $field, "{$field}: cannot be read", null, null);
    }

    /**
     * The error for content that is larger than its place.
     *
     * @internal
     */
    public static function largeInput(string $field, int $most): InvalidInputException
    {
        return self::ofInput('input.too_large', $field, "{$field}: has more than {$most} bytes", null, null);
    }

    private static function ofInput(string $code, string $field, string $message, ?string $operation, ?string $outcome): InvalidInputException
    {
        return new InvalidInputException([
            'code' => $code,
            'category' => 'invalid_input',
            'message' => $message,
            'operation' => $operation,
            'outcome' => $outcome,
            'context' => ['field' => $field],
        ]);
    }

    /**
     * The complete error in the library's form: message and context name fields as the catalogue does.
     *
     * @return array<string, mixed>
     */
    public function toArray(): array
    {
        return [
            'code' => $this->errorCode,
            'category' => $this->category,
            'message' => (string) ($this->error['message'] ?? ''),
            'remedy' => $this->remedy,
            'retryable' => $this->retryable,
            'operation' => $this->operation,
            'http_status' => $this->httpStatus,
            'outcome' => $this->outcome,
            'retry_after_s' => $this->retryAfterS,
            'peer' => $this->peer === null
                ? null
                : ['code' => $this->peer->code, 'text' => $this->peer->text, 'request_id' => $this->peer->requestId],
            'context' => (object) (array) ($this->error['context'] ?? []),
        ];
    }
}

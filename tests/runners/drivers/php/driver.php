<?php

/*
 * The scenario driver of PHP: one JSON object per line on stdin, carried out through the typed methods of the client of the
 * settings' protocol, one JSON object per line on stdout. tests/scenarios/README.md has the protocol.
 *
 *   BANKCHANNEL_LIBRARY=target/release/libbankchannel_c.so php tests/runners/drivers/php/driver.php
 */

declare(strict_types=1);

require __DIR__ . '/../../../../bindings/php/src/autoload.php';

use Bankchannel\AbstractClient;
use Bankchannel\Bankchannel;
use Bankchannel\Content;
use Bankchannel\Exception\BankchannelException;
use Bankchannel\Question;
use Bankchannel\Secret;
use Bankchannel\SignatureRequest;

final class Driver
{
    /** @var array<string, AbstractClient> */
    private array $clients = [];

    /** @var array<class-string, string> the beginnings of the names of a client's operations */
    private array $protocols = [];

    /** @return array<string, mixed> */
    public function answer(array $request): array
    {
        try {
            return match ($request['op'] ?? null) {
                'hello' => ['face' => 'php', 'version' => Bankchannel::version()],
                'open' => $this->open($request['client'], (array) $request['settings']),
                'close' => $this->close($request['client']),
                'call' => $this->call($request),
                default => throw new LogicException('unknown op'),
            };
        } catch (BankchannelException $error) {
            $partial = $error->partialResponse();

            return ['error' => $error->toArray() + ($partial === null ? [] : ['partial_response' => is_array($partial) ? $partial : self::described($partial)])];
        }
    }

    /** @return array<string, mixed> */
    private function open(string $name, array $settings): array
    {
        $protocol = $settings['protocol'] ?? 'ws-channel';
        unset($settings['protocol']);
        // PHP ignores the case of a class's name, but file systems do not.
        $named = static fn (string $file): bool => strcasecmp(basename($file, '.php'), str_replace('-', '', $protocol)) === 0;
        $files = array_filter(glob(__DIR__ . '/../../../../bindings/php/src/Generated/*.php') ?: [], $named);
        $kind = 'Bankchannel\\' . basename(array_pop($files) ?? throw new LogicException('no client of that protocol'), '.php');
        [$arguments, $why] = self::arguments($kind, '__construct', $settings);
        if ($why !== null) {
            return $why;
        }
        $this->clients[$name] = new $kind(...$arguments);
        $this->protocols[$kind] = str_replace('-', '_', $protocol);

        return ['ok' => true];
    }

    /** @return array<string, mixed> */
    private function close(string $name): array
    {
        if (isset($this->clients[$name])) {
            $this->clients[$name]->close();
            unset($this->clients[$name]);
        }

        return ['ok' => true];
    }

    /** @return array<string, mixed> */
    private function call(array $request): array
    {
        if (($request['cancel_after_ms'] ?? null) !== null) {
            return ['not_applicable' => 'a PHP program has one thread, and that waits for the call: nobody is there to cancel it'];
        }
        $client = $this->clients[$request['client'] ?? 'main'] ?? throw new LogicException('no such client was opened');
        [$protocol, $operation] = explode('.', $request['name'], 2) + [1 => ''];
        $method = lcfirst(str_replace('_', '', ucwords($operation, '_')));
        if (method_exists($client, $method) && (new ReflectionMethod($client, $method))->getName() !== $method) {
            // PHP does not distinguish `login` from `logIn`: the exchange of such a pair has a separate name.
            $method = 'exchange' . ucfirst($method);
        }
        if ($protocol !== $this->protocols[$client::class] || !method_exists($client, $method)) {
            return $this->generic($client, $request);
        }
        $given = (array) ($request['request'] ?? []);
        foreach (self::bytes($request['name']) as $field) {
            if (is_string($given[$field] ?? null)) {
                $given[$field] = base64_decode($given[$field], true);
                if ($given[$field] === false) {
                    return $this->generic($client, $request);
                }
            }
        }
        [$arguments, $why] = self::arguments($client::class, $method, $given);
        if ($why !== null) {
            // Requests that the typed face cannot express are sent by name; the library's own answer is shown.
            return $this->generic($client, $request);
        }
        $parameters = array_map(static fn (ReflectionParameter $one) => $one->getName(), (new ReflectionMethod($client, $method))->getParameters());
        $content = self::content($request['content'] ?? null);
        if ($content !== null) {
            $place = self::contentParameter($client, $method);
            if ($place === null || isset($arguments[$place])) {
                return $this->generic($client, $request);
            }
            $arguments[$place] = $content;
        }
        [$destination, $collected] = self::destination($request['destination'] ?? null);
        if ($destination !== null) {
            if (!in_array('destination', $parameters, true)) {
                return $this->generic($client, $request);
            }
            $arguments['destination'] = $destination;
        }
        if (($request['timeout_ms'] ?? -1) >= 0 && in_array('timeout', $parameters, true)) {
            $arguments['timeout'] = $request['timeout_ms'] / 1000;
        }
        if (in_array('onCode', $parameters, true)) {
            $arguments['onCode'] = self::answers($request);
        }
        if (in_array('signer', $parameters, true)) {
            $arguments['signer'] = self::signer($request);
        }
        try {
            $result = $client->{$method}(...$arguments);
        } catch (ArgumentCountError) {
            // A required argument is missing: PHP reports it before the library can.
            return $this->generic($client, $request);
        }
        $found = null;
        foreach (get_object_vars($result) as $value) {
            $found = $value instanceof Content ? $value : $found;
        }

        return self::response(self::described($result), $found, $collected);
    }

    /** The fields of an operation's request that are bytes: base64 in JSON, themselves in PHP. @return list<string> */
    private static function bytes(string $operation): array
    {
        static $known = null;
        $known ??= array_column(Bankchannel::catalogue(), 'request_schema', 'name');
        $is = static fn (array $schema): bool => ($schema['contentEncoding'] ?? '') === 'base64';

        return array_keys(array_filter($known[$operation]['properties'] ?? [], $is));
    }

    /** The same by name: for requests that the typed face refuses before the library sees it. @return array<string, mixed> */
    private function generic(AbstractClient $client, array $request): array
    {
        [$destination, $collected] = self::destination($request['destination'] ?? null);
        [$response, $content] = $client->call(
            $request['name'],
            (array) ($request['request'] ?? []),
            self::content($request['content'] ?? null),
            $destination,
            ($request['timeout_ms'] ?? -1) >= 0 ? $request['timeout_ms'] : null,
            self::answers($request),
            self::signer($request),
        );

        return self::response($response, $content, $collected);
    }

    /** @return array<string, mixed> */
    private static function response(array $response, ?Content $content, mixed $collected): array
    {
        $bytes = null;
        if ($collected !== null) {
            rewind($collected);
            $bytes = stream_get_contents($collected);
        } elseif ($content !== null && $content->path === null) {
            $bytes = $content->contents();
        }

        return ['response' => (object) $response, 'content' => $bytes === null ? null : ['base64' => base64_encode($bytes)]];
    }

    /** A typed result as JSON has it, its content described as the library does. @return array<string, mixed> */
    private static function described(object $result): array
    {
        $json = $result->toArray();
        foreach (get_object_vars($result) as $name => $value) {
            if ($value instanceof Content) {
                $snake = strtolower((string) preg_replace('/[A-Z]/', '_$0', $name));
                $json[$snake] = array_filter(['size' => $value->size, 'path' => $value->path], static fn (mixed $one) => $one !== null);
            }
        }

        return $json;
    }

    /**
     * JSON's fields as named arguments of PHP's types.
     *
     * @return array{array<string, mixed>, array<string, mixed>|null} the arguments, or an answer in place of the call
     */
    private static function arguments(string $class, string $method, array $fields): array
    {
        $declared = new ReflectionMethod($class, $method);
        $parameters = [];
        foreach ($declared->getParameters() as $parameter) {
            $parameters[$parameter->getName()] = $parameter;
        }
        $arguments = [];
        foreach ($fields as $field => $value) {
            $name = lcfirst(str_replace('_', '', ucwords((string) $field, '_')));
            $parameter = $parameters[$name] ?? null;
            if ($parameter === null) {
                return [[], self::refused((string) $field, 'there is no such field', 'input.unknown_field')];
            }
            try {
                $arguments[$name] = is_array($value) && ltrim((string) $parameter->getType(), '?') === 'array'
                    ? array_map(self::element($declared, $name), $value)
                    : self::typed($parameter->getType(), $value);
            } catch (ValueError | TypeError $why) {
                return [[], self::refused((string) $field, $why->getMessage(), 'input.invalid_field')];
            }
        }

        return [$arguments, null];
    }

    /** What makes an element of a list parameter: PHP's types do not say it, its documentation does. */
    private static function element(ReflectionMethod $method, string $parameter): Closure
    {
        $kind = preg_match('/@param list<(\w+)>\S* \$' . $parameter . '\b/', (string) $method->getDocComment(), $found)
            ? $method->getDeclaringClass()->getNamespaceName() . '\\' . $found[1]
            : '';

        return static fn (mixed $item): mixed => match (true) {
            is_string($item) && enum_exists($kind) => $kind::from($item),
            is_array($item) && class_exists($kind) => $kind::fromArray($item),
            default => $item,
        };
    }

    private static function typed(?ReflectionType $type, mixed $value): mixed
    {
        $names = match (true) {
            $type instanceof ReflectionUnionType => array_map(static fn (ReflectionType $one) => (string) $one, $type->getTypes()),
            $type instanceof ReflectionNamedType => [$type->getName()],
            default => [],
        };
        foreach ($names as $name) {
            if ($name === Secret::class && is_array($value)) {
                return isset($value['file']) ? Secret::file($value['file']) : Secret::env((string) ($value['env'] ?? ''));
            }
            if (enum_exists($name) && is_string($value)) {
                return $name::from($value);
            }
            if ($name === 'DateTimeInterface' && is_string($value)) {
                return new DateTimeImmutable($value);
            }
            // Passing a listed file instead of its fields is a convenience for callers, not part of the catalogue.
            if (class_exists($name) && is_array($value) && !in_array('string', $names, true)) {
                return $name::fromArray($value);
            }
        }
        if ($names === ['mixed'] && is_array($value)) {
            return self::content($value);
        }
        $fits = $names === [] || in_array('mixed', $names, true) || in_array(get_debug_type($value), $names, true)
            || ($value === null && ($type?->allowsNull() ?? true));
        if (!$fits) {
            throw new TypeError('must be ' . implode('|', $names) . ', not ' . get_debug_type($value));
        }

        return $value;
    }

    /** @return array<string, mixed> */
    private static function refused(string $field, string $why, string $code): array
    {
        return ['error' => ['code' => $code, 'category' => 'invalid_input', 'message' => "{$field}: {$why}", 'context' => ['field' => $field]]];
    }

    private static function contentParameter(object $client, string $method): ?string
    {
        foreach ((new ReflectionMethod($client, $method))->getParameters() as $parameter) {
            if ((string) $parameter->getType() === 'mixed' && $parameter->getName() !== 'destination') {
                return $parameter->getName();
            }
        }

        return null;
    }

    private static function content(mixed $given): ?Content
    {
        if (isset($given['base64'])) {
            return Content::bytes((string) base64_decode($given['base64'], true));
        }
        if (isset($given['path'])) {
            return Content::path($given['path']);
        }
        if (isset($given['pieces'])) {
            $stream = fopen('php://temp', 'w+b');
            foreach ($given['pieces'] as $piece) {
                fwrite($stream, (string) base64_decode($piece, true));
            }
            rewind($stream);

            return Content::stream($stream);
        }

        return null;
    }

    /** @return array{mixed, mixed} the destination, and the stream that collects pieces */
    private static function destination(mixed $given): array
    {
        if (isset($given['path'])) {
            return [$given['path'], null];
        }
        if (isset($given['pieces'])) {
            $stream = fopen('php://temp', 'w+b');

            return [$stream, $stream];
        }

        return [null, null];
    }

    /** A signature that was given beforehand, in base64, or one that the key in a file makes now; null without either. */
    private static function signer(array $request): ?Closure
    {
        $given = $request['answers']['signature'] ?? null;
        if (is_array($given)) {
            return static fn (SignatureRequest $asked): string => self::signed($given['sign_with'], $asked);
        }

        return is_string($given) ? static fn (SignatureRequest $asked): string => (string) base64_decode($given, true) : null;
    }

    /** The work of a user's own signer: the signature of the asked digest, by OpenSSL. */
    private static function signed(string $keyFile, SignatureRequest $asked): string
    {
        $hash = substr((string) strrchr($asked->algorithm, '_'), 1);
        $command = ['openssl', 'pkeyutl', '-sign', '-inkey', $keyFile, '-pkeyopt', "digest:$hash"];
        $process = proc_open($command, [['pipe', 'r'], ['pipe', 'w']], $pipes) ?: throw new RuntimeException('openssl does not start');
        fwrite($pipes[0], $asked->digest);
        fclose($pipes[0]);
        $signature = (string) stream_get_contents($pipes[1]);
        if (proc_close($process) !== 0) {
            throw new RuntimeException('openssl has failed');
        }

        return $signature;
    }

    /** Answers by kind: given beforehand, or the last code of the outbox that fits. */
    private static function answers(array $request): Closure
    {
        return static function (Question $question) use ($request): string {
            $answer = $request['answers'][$question->kind] ?? throw BankchannelException::fromJson((string) json_encode(
                ['code' => 'cancelled', 'category' => 'cancelled', 'message' => "no answer to {$question->kind}", 'operation' => $request['name']],
            ));
            if (is_string($answer)) {
                return $answer;
            }
            foreach (array_reverse((array) file((string) ($request['outbox'] ?? ''))) as $line) {
                $message = (array) json_decode((string) $line, true);
                $wanted = $answer['outbox'] ?? $answer;
                if (array_intersect_key($message, $wanted) == $wanted && isset($message['code'])) {
                    return (string) $message['code'];
                }
            }
            throw new LogicException("the outbox has no code for {$question->kind}");
        };
    }
}

$driver = new Driver();
while (($line = fgets(STDIN)) !== false) {
    try {
        $answer = $driver->answer((array) json_decode($line, true, 512, JSON_THROW_ON_ERROR));
    } catch (Throwable $broken) {
        $answer = ['broken' => $broken::class . ': ' . $broken->getMessage() . ' at ' . basename($broken->getFile()) . ':' . $broken->getLine()];
    }
    fwrite(STDOUT, json_encode($answer, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE) . "\n");
}

<?php

declare(strict_types=1);

namespace Bankchannel;

use Bankchannel\Bridge\Bridge;
use Bankchannel\Bridge\FfiBridge;
use Bankchannel\Bridge\Handle;
use Bankchannel\Exception\BankchannelException;
use Bankchannel\Exception\ConfigurationException;

/** The common methods of every embedded service. It belongs to the process that started it. */
abstract class AbstractService
{
    private Bridge $bridge;

    private ?Handle $server = null;

    /** @return array<mixed> a member of the readiness information that is an object */
    final protected static function objectOf(mixed $member): array
    {
        return \is_array($member) ? $member : [];
    }

    /**
     * Starts the service; returns its readiness information.
     *
     * @param array<string, mixed> $options
     *
     * @return array<string, string|null>
     *
     * @throws BankchannelException
     */
    final protected function start(string $kind, #[\SensitiveParameter] array $options, ?Bridge $bridge): array
    {
        $this->bridge = $bridge ?? FfiBridge::shared();
        try {
            $this->server = $this->bridge->startServer($kind, Encode::json($options));
        } catch (BankchannelException $error) {
            throw $error->named();
        }

        return (array) json_decode($this->bridge->serverInfo($this->server), true);
    }

    /**
     * Adds data, for tests and demonstrations; also to a service that was started without `control`.
     *
     * @param array<string, mixed> $data what to put in, such as `['accounts' => [...]]`; `docs/reference/server-orders.md`
     *                                   describes it
     *
     * @return array<array-key, mixed> the added data, such as the accounts with their API keys
     *
     * @throws BankchannelException
     */
    final public function seed(#[\SensitiveParameter] array $data): array
    {
        return $this->control('seed', $data);
    }

    /**
     * Carries out an order of the control interface: `seed`, `reset`, `clock`, `fail_next`, `limits`, `outbox`,
     * `transcript`, or a specific one of this server. All but `seed` need a server that was started with
     * `control: true`.
     *
     * @param array<string, mixed> $request the order's parameters; `docs/reference/server-orders.md` describes them
     *
     * @return array<array-key, mixed> the order's answer
     *
     * @throws BankchannelException
     */
    final public function control(string $order, #[\SensitiveParameter] array $request = []): array
    {
        if ($this->server === null) {
            throw new ConfigurationException(['code' => 'configuration.closed', 'message' => 'the server was stopped']);
        }

        return (array) json_decode($this->bridge->controlServer($this->server, $order, Encode::json($request)), true);
    }

    /**
     * Carries out an order by its typed method.
     *
     * @param array<string, mixed> $request
     * @param string|null          $whole   the answer's member that `control` gives alone
     *
     * @return array<string, mixed>
     *
     * @throws BankchannelException
     */
    final protected function order(string $name, #[\SensitiveParameter] array $request, ?string $whole = null): array
    {
        try {
            $answer = $this->control($name, $request);
        } catch (BankchannelException $error) {
            throw $error->in($name)->named();
        }

        /** @var array<string, mixed> */
        return $whole === null ? $answer : [$whole => $answer];
    }

    /**
     * Content inside of an order's request, at most so many bytes; null leaves the member out.
     *
     * @return array{base64: string}|null
     *
     * @throws BankchannelException
     */
    final protected static function inOrder(string $field, ?Content $content, int $most): ?array
    {
        if ($content === null) {
            return null;
        }
        try {
            $bytes = $content->begin($most + 1);
        } catch (\LogicException) {
            throw BankchannelException::unreadableInput($field);
        }
        if (\strlen($bytes) > $most) {
            throw BankchannelException::largeInput($field, $most);
        }

        return ['base64' => base64_encode($bytes)];
    }

    /** @return array<string, mixed> */
    public function __serialize(): array
    {
        throw new \LogicException(static::class . ' runs in its process and is not serialized: make one in each process, or pass on its clientSettings()');
    }

    public function __clone()
    {
        throw new \LogicException(static::class . ' is one running server and is not cloned: make another');
    }

    /**
     * Stops the service; running answers get some time to finish. A second call does nothing.
     *
     * @throws BankchannelException
     */
    final public function stop(): void
    {
        $server = $this->server;
        $this->server = null;
        if ($server !== null) {
            $this->bridge->stopServer($server);
        }
    }
}

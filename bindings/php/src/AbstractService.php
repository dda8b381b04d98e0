<?php

declare(strict_types=1);

namespace Bankchannel;

use Bankchannel\Bridge\Bridge;
use Bankchannel\Bridge\FfiBridge;
use Bankchannel\Bridge\Handle;
use Bankchannel\Exception\BankchannelException;
use Bankchannel\Exception\ConfigurationException;

/** What every embedded service can do. It belongs to the process that started it. */
abstract class AbstractService
{
    private Bridge $bridge;

    private ?Handle $server = null;

    /**
     * Starts it; what it says of itself.
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
     * Puts data in, for tests and demonstrations; whether it was started with `control` or not.
     *
     * @param array<string, mixed> $data what to put in, such as `['accounts' => [...]]`; the server's page in `docs/` describes it
     *                                   under `POST seed`
     *
     * @return array<array-key, mixed> what was put in, such as the accounts with their API keys
     *
     * @throws BankchannelException
     */
    final public function seed(#[\SensitiveParameter] array $data): array
    {
        return $this->control('seed', $data);
    }

    /**
     * Carries out an order of the control interface: `seed`, `reset`, `clock`, `fail_next`, `limits`, `outbox`, `transcript`, or one
     * of this kind of server. All but `seed` need a server that was started with `control: true`.
     *
     * @param array<string, mixed> $request what the order takes; the server's page in `docs/` describes it
     *
     * @return array<array-key, mixed> what the order answers
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
     * Stops it; running answers get some time to finish. Stopping it twice does nothing.
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

<?php

declare(strict_types=1);

namespace Bankchannel;

use Bankchannel\Bridge\Bridge;
use Bankchannel\Bridge\FfiBridge;
use Bankchannel\Bridge\Handle;
use Bankchannel\Exception\BankchannelException;

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

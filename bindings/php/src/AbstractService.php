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
    /** Where it listens, for a client's `baseUrl`. */
    public readonly string $baseUrl;

    /** Its public key, for a client's `publicKeyFile`. */
    public readonly string $publicKeyFile;

    /** Where its control interface is; null when it was not asked for. */
    public readonly ?string $controlUrl;

    private readonly Bridge $bridge;

    private ?Handle $server;

    /**
     * @param array<string, mixed> $options
     *
     * @throws BankchannelException
     */
    protected function __construct(string $kind, #[\SensitiveParameter] array $options, ?Bridge $bridge)
    {
        $this->bridge = $bridge ?? FfiBridge::shared();
        $this->server = $this->bridge->startServer($kind, Encode::json($options));
        $info = (array) json_decode($this->bridge->serverInfo($this->server), true);
        $this->baseUrl = (string) ($info['base_url'] ?? '');
        $this->publicKeyFile = (string) ($info['public_key_file'] ?? '');
        $this->controlUrl = $info['control_url'] ?? null;
    }

    /**
     * What a client needs to reach it, as named arguments: `new WsChannel(...$service->clientSettings(), …)`.
     *
     * @return array{baseUrl: string, publicKeyFile: string}
     */
    final public function clientSettings(): array
    {
        return ['baseUrl' => $this->baseUrl, 'publicKeyFile' => $this->publicKeyFile];
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

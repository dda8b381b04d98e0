<?php

declare(strict_types=1);

namespace Bankchannel\Bridge;

use Bankchannel\Exception\BankchannelException;

/**
 * The way into the native library: its functions as PHP sees them. `FfiBridge` is the one that works; tests may give
 * another to a client.
 */
interface Bridge
{
    /** The library's version, such as `0.1.0`. */
    public function version(): string;

    /**
     * Every operation there is, as JSON.
     *
     * @throws BankchannelException
     */
    public function catalogue(): string;

    /**
     * Makes a client from its settings, a JSON object.
     *
     * @throws BankchannelException
     */
    public function openClient(#[\SensitiveParameter] string $settings): Handle;

    /**
     * Carries out a call that has nothing to ask, in one go. `$timeoutMs` −1 is the operation's own limit.
     *
     * @throws BankchannelException
     */
    public function call(Handle $client, string $name, #[\SensitiveParameter] string $request, int $timeoutMs, ?Place $content, ?Place $destination): Event;

    /**
     * Begins a call; `resume` carries it on. With `$log` it collects log records.
     *
     * @throws BankchannelException
     */
    public function begin(Handle $client, string $name, #[\SensitiveParameter] string $request, int $timeoutMs, ?Place $content, ?Place $destination, bool $log, bool $progress = false): Handle;

    /**
     * Goes on with a reply (one of `Reply`) and waits for what comes next.
     *
     * @throws BankchannelException
     */
    public function resume(Handle $call, int $reply, #[\SensitiveParameter] string $data = ''): Event;

    /**
     * The log records since this was last asked, as a JSON array; also after the call has ended.
     *
     * @throws BankchannelException
     */
    public function log(Handle $call): string;

    /**
     * Carries out an operation that only computes; the response as JSON. The client gives its settings for what the request
     * leaves out; null is no client.
     *
     * @throws BankchannelException
     */
    public function compute(?Handle $client, string $name, #[\SensitiveParameter] string $request, ?Place $content): string;

    /**
     * Starts a service of this kind with its options, a JSON object.
     *
     * @throws BankchannelException
     */
    public function startServer(string $kind, #[\SensitiveParameter] string $options): Handle;

    /**
     * What a client needs to reach it, as JSON.
     *
     * @throws BankchannelException
     */
    public function serverInfo(Handle $server): string;

    /**
     * Carries out an order of the control interface, whose request is a JSON object; its answer as JSON.
     *
     * @throws BankchannelException
     */
    public function controlServer(Handle $server, string $order, #[\SensitiveParameter] string $request): string;

    /**
     * Stops it.
     *
     * @throws BankchannelException
     */
    public function stopServer(Handle $server): void;
}

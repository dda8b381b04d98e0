<?php

declare(strict_types=1);

namespace Bankchannel\Bridge;

use Bankchannel\Exception\BankchannelException;

/**
 * The interface to the native library: its functions for PHP. `FfiBridge` is the real implementation; tests may give a
 * client another one.
 */
interface Bridge
{
    /** The library's version, such as `0.1.0`. */
    public function version(): string;

    /**
     * Every operation, as JSON.
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
     * Runs a call without questions, in one native call. `$timeoutMs` −1 is the operation's own limit.
     *
     * @throws BankchannelException
     */
    public function call(Handle $client, string $name, #[\SensitiveParameter] string $request, int $timeoutMs, ?Place $content, ?Place $destination, ?Extras $extras = null): Event;

    /**
     * Begins a call; `resume` continues it. With `$log` it collects log records.
     *
     * @throws BankchannelException
     */
    public function begin(Handle $client, string $name, #[\SensitiveParameter] string $request, int $timeoutMs, ?Place $content, ?Place $destination, bool $log, bool $progress = false, ?Extras $extras = null): Handle;

    /**
     * Continues with a reply (one of `Reply`) and waits for the next event.
     *
     * @throws BankchannelException
     */
    public function resume(Handle $call, int $reply, #[\SensitiveParameter] string $data = ''): Event;

    /**
     * The log records since the last call of this method, as a JSON array; also after the call has ended.
     *
     * @throws BankchannelException
     */
    public function log(Handle $call): string;

    /**
     * Runs a local operation; returns the response as JSON. The client's settings supply missing fields of the request;
     * null means no client.
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
     * The settings that a client needs to reach it, as JSON.
     *
     * @throws BankchannelException
     */
    public function serverInfo(Handle $server): string;

    /**
     * Carries out an order of the control interface, whose request is a JSON object; returns its answer as JSON.
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

<?php

declare(strict_types=1);

namespace Bankchannel\Tests\Support;

use Bankchannel\Bridge\Bridge;
use Bankchannel\Bridge\Event;
use Bankchannel\Bridge\Extras;
use Bankchannel\Bridge\Handle;
use Bankchannel\Bridge\Place;
use Bankchannel\Bridge\Status;

/** A bridge without a library: it returns the given events, and records its calls. */
final class FakeBridge implements Bridge
{
    /** @var list<array<int, mixed>> method and arguments */
    public array $told = [];

    public int $freed = 0;

    /** @param list<Event|\Throwable> $events the result of each call and resume */
    public function __construct(private array $events = [])
    {
    }

    public function version(): string
    {
        return '0.0.0';
    }

    public function catalogue(): string
    {
        return '[]';
    }

    public function openClient(string $settings): Handle
    {
        return $this->handle('openClient', $settings);
    }

    public function call(Handle $client, string $name, string $request, int $timeoutMs, ?Place $content, ?Place $destination, ?Extras $extras = null): Event
    {
        return $this->next('call', $name, $request, $timeoutMs);
    }

    public function begin(Handle $client, string $name, string $request, int $timeoutMs, ?Place $content, ?Place $destination, bool $log, bool $progress = false, ?Extras $extras = null): Handle
    {
        return $this->handle('begin', $name, $request, $timeoutMs, $log);
    }

    public function resume(Handle $call, int $reply, string $data = ''): Event
    {
        return $this->next('resume', $reply, $data);
    }

    public function log(Handle $call): string
    {
        return '[]';
    }

    public function compute(?Handle $client, string $name, string $request, ?Place $content): string
    {
        return $this->next('compute', $name, $request)->json;
    }

    public function startServer(string $kind, string $options): Handle
    {
        return $this->handle('startServer', $kind, $options);
    }

    public function serverInfo(Handle $server): string
    {
        return '{"base_url":"http://127.0.0.1:1/v2","public_key_file":"key.pem"}';
    }

    public function controlServer(Handle $server, string $order, string $request): string
    {
        $this->told[] = ['controlServer', $order, $request];

        return $request;
    }

    public function stopServer(Handle $server): void
    {
        $this->told[] = ['stopServer'];
    }

    private function handle(mixed ...$told): Handle
    {
        $this->told[] = array_values($told);

        return new Handle(null, function (): void {
            ++$this->freed;
        });
    }

    private function next(mixed ...$told): Event
    {
        $this->told[] = array_values($told);
        $event = array_shift($this->events) ?? new Event(Status::OK, '{}', null);

        return $event instanceof \Throwable ? throw $event : $event;
    }
}

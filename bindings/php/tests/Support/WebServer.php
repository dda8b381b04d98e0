<?php

declare(strict_types=1);

namespace Bankchannel\Tests\Support;

use PHPUnit\Framework\Assert;

/** A real PHP web server with its default of `ffi.enable=preload`, in front of one folder. */
abstract class WebServer
{
    protected readonly string $log;

    protected Program $program;

    protected function __construct()
    {
        $this->log = Scratch::file('');
    }

    /** Its answer, with or without HTTP headers, depending on the server. */
    abstract public function ask(string $query): string;

    /** `php -S`. @param list<string> $options */
    public static function builtIn(string $folder, array $options, array $environment = []): self
    {
        return new class($folder, $options, $environment) extends WebServer {
            private readonly string $address;

            /** @param list<string> $options */
            public function __construct(string $folder, array $options, array $environment)
            {
                parent::__construct();
                $this->address = '127.0.0.1:' . Program::freePort();
                $this->program = new Program([PHP_BINARY, '-d', 'ffi.enable=preload', ...$options, '-S', $this->address, '-t', $folder], $environment, null, $this->log);
                $this->awaits(fn () => @stream_socket_client("tcp://{$this->address}") !== false);
            }

            public function ask(string $query): string
            {
                return (string) file_get_contents("http://{$this->address}/?{$query}", false, stream_context_create(['http' => ['ignore_errors' => true, 'timeout' => 20]]));
            }

            public function post(?string $body, array $headers, ?array &$answered, int $timeout = 20): string
            {
                $context = stream_context_create(['http' => ['method' => $body === null ? 'GET' : 'POST', 'content' => $body ?? '', 'header' => $headers, 'ignore_errors' => true, 'timeout' => $timeout]]);
                $page = (string) @file_get_contents("http://{$this->address}/", false, $context);
                $answered = $http_response_header ?? [];

                return $page;
            }
        };
    }

    /** php-fpm with this many workers. @param list<string> $options */
    public static function fpm(string $folder, array $options, array $environment = [], int $workers = 4): self
    {
        return new class($folder, $options, $environment, $workers) extends WebServer {
            private readonly string $socket;

            /** @param list<string> $options */
            public function __construct(private readonly string $folder, array $options, array $environment, int $workers)
            {
                parent::__construct();
                $place = Scratch::folder();
                chmod($place, 0755);
                $this->socket = "{$place}/fpm.sock";
                $root = posix_geteuid() === 0;
                $pool = "[global]\ndaemonize = no\nerror_log = {$this->log}\n[www]\nlisten = {$this->socket}\nlisten.mode = 0666\npm = static\npm.max_children = {$workers}\ncatch_workers_output = yes\nclear_env = yes\n";
                foreach ($environment as $name => $value) {
                    $pool .= "env[{$name}] = '{$value}'\n";
                }
                file_put_contents("{$place}/fpm.conf", $pool . ($root ? "user = www-data\ngroup = www-data\n" : ''));
                $this->program = new Program([self::binary(), '-F', '-y', "{$place}/fpm.conf", '-d', 'ffi.enable=preload', ...$options], [], null, $this->log);
                $this->awaits(fn () => file_exists($this->socket));
            }

            public function ask(string $query): string
            {
                return $this->begin($query)->end()[0];
            }

            public function begin(string $query, array $parameters = []): Program
            {
                return new Program(['cgi-fcgi', '-bind', '-connect', $this->socket], $parameters + [
                    'SCRIPT_FILENAME' => "{$this->folder}/index.php", 'SCRIPT_NAME' => '/index.php', 'REQUEST_METHOD' => 'GET', 'QUERY_STRING' => $query,
                ]);
            }

            public function workers(): array
            {
                $master = $this->processId();
                $children = (string) file_get_contents("/proc/{$master}/task/{$master}/children");

                return array_map(intval(...), array_filter(explode(' ', trim($children))));
            }

            private static function binary(): string
            {
                $found = [...(array) glob('/usr/sbin/php-fpm*'), ...(array) glob('/usr/local/sbin/php-fpm')];
                Assert::assertNotSame([], $found, 'php-fpm is not there (Debian: php-fpm)');

                return (string) $found[0];
            }
        };
    }

    /** The server's own log. */
    public function log(): string
    {
        return $this->program->log();
    }

    /** The server's own process. */
    public function processId(): int
    {
        return $this->program->id();
    }

    /** Kills it, as a lack of memory or a supervisor would. */
    public function kill(): void
    {
        $this->program->stop(SIGKILL);
    }

    /** The processes that answer. @return list<int> */
    public function workers(): array
    {
        throw new \LogicException('this server has one process');
    }

    /** This many requests at the same time. @return list<string> */
    public function askAtOnce(string $query, int $times): array
    {
        $running = [];
        for ($i = 0; $i < $times; ++$i) {
            $running[] = $this->begin($query);
        }

        return array_map(static fn (Program $one): string => $one->end()[0], $running);
    }

    /** A pending request. @param array<string, string> $parameters of FastCGI, such as `HTTP_ACCEPT` */
    public function begin(string $query, array $parameters = []): Program
    {
        throw new \LogicException('one request at a time');
    }

    /**
     * A request with a body; null is a GET. Empty if the answer takes longer than `timeout` seconds.
     *
     * @param list<string> $headers
     * @param list<string> $answered the answer's headers
     */
    public function post(?string $body, array $headers, ?array &$answered, int $timeout = 20): string
    {
        throw new \LogicException('this server is asked for pages only');
    }

    protected function awaits(callable $isUp): void
    {
        for ($i = 0; $i < 200; ++$i) {
            if ($isUp()) {
                return;
            }
            Assert::assertTrue($this->program->isRunning(), "the server ended: {$this->log()}");
            usleep(50000);
        }
        Assert::fail("the server does not come up: {$this->log()}");
    }
}

<?php

declare(strict_types=1);

namespace Bankchannel\Tests\Support;

use PHPUnit\Framework\Assert;

/** Another process: a PHP script, a compiler, a server. */
final class Program
{
    /** @var resource */
    private mixed $process;

    /** @var array<int, resource> */
    private array $pipes = [];

    /**
     * @param list<string>          $command
     * @param array<string, string> $environment in addition to this process's own
     */
    public function __construct(array $command, array $environment = [], ?string $folder = null, private readonly ?string $log = null)
    {
        $output = $log === null ? ['pipe', 'w'] : ['file', $log, 'a'];
        $process = proc_open($command, [['pipe', 'r'], $output, ['redirect', 1]], $pipes, $folder, $environment + getenv());
        Assert::assertIsResource($process, implode(' ', $command) . ' does not start');
        $this->process = $process;
        $this->pipes = $pipes;
    }

    public function __destruct()
    {
        $this->stop();
    }

    /**
     * Its output on both streams, and its exit code.
     *
     * @return array{string, int}
     */
    public function end(): array
    {
        fclose($this->pipes[0]);
        $printed = stream_get_contents($this->pipes[1]);
        // A signal's number is negative, to distinguish a crash from an exit.
        do {
            $status = proc_get_status($this->process);
        } while ($status['running'] && usleep(2000) === null);
        proc_close($this->process);
        $this->pipes = [];

        return [$printed, $status['signaled'] ? -$status['termsig'] : $status['exitcode']];
    }

    /** One line of its output. */
    public function line(): string
    {
        return rtrim((string) fgets($this->pipes[1]));
    }

    public function isRunning(): bool
    {
        return is_resource($this->process) && proc_get_status($this->process)['running'];
    }

    public function id(): int
    {
        return proc_get_status($this->process)['pid'];
    }

    public function log(): string
    {
        return $this->log === null ? '' : (string) file_get_contents($this->log);
    }

    public function stop(int $signal = SIGTERM): void
    {
        if (!is_resource($this->process)) {
            return;
        }
        proc_terminate($this->process, $signal);
        // Not for ever: a process that ignores the signal is killed.
        for ($i = 0; $i < 500 && proc_get_status($this->process)['running']; ++$i) {
            usleep(10000);
        }
        proc_terminate($this->process, SIGKILL);
        proc_close($this->process);
    }

    /**
     * Runs a PHP script with the package; returns its output and its exit code, negative for a signal.
     *
     * @param string                $body        without `<?php`
     * @param array<string, string> $environment
     * @param list<string>          $options     of PHP itself
     *
     * @return array{string, int}
     */
    public static function php(string $body, array $environment = [], array $options = []): array
    {
        return self::script($body, $environment, $options)->end();
    }

    /**
     * The same, running.
     *
     * @param array<string, string> $environment
     * @param list<string>          $options
     */
    public static function script(string $body, array $environment = [], array $options = []): self
    {
        $file = Scratch::file("<?php\ndeclare(strict_types=1);\nrequire '" . dirname(__DIR__) . "/bootstrap.php';\n{$body}");

        return new self([PHP_BINARY, ...$options, $file], $environment);
    }

    /** Runs a command that must succeed; returns its output. */
    public static function must(string ...$command): string
    {
        [$printed, $code] = (new self(array_values($command)))->end();
        Assert::assertSame(0, $code, implode(' ', $command) . ": {$printed}");

        return $printed;
    }

    /** A port that was free a moment ago. */
    public static function freePort(): int
    {
        $socket = stream_socket_server('tcp://127.0.0.1:0');
        Assert::assertIsResource($socket);

        return (int) substr((string) strrchr((string) stream_socket_get_name($socket, false), ':'), 1);
    }
}

<?php

declare(strict_types=1);

namespace Bankchannel\Tests;

use Bankchannel\Tests\Support\Account;
use Bankchannel\Tests\Support\Scratch;
use Bankchannel\Tests\Support\WebServer;
use PHPUnit\Framework\TestCase;

/** In `php -S` and php-fpm with PHP's default: only preloaded code may use FFI, and workers are forked. */
final class WebServerTest extends TestCase
{
    private const PACKAGE = __DIR__ . '/..';

    private const PAGE = <<<'PHP'
        <?php
        require_once getenv('PACKAGE') . '/src/autoload.php';
        try {
            switch ($_GET['do'] ?? '') {
                case 'version':
                    echo 'version ', Bankchannel\Bankchannel::version();
                    break;
                case 'own':
                    // Code that was not preloaded may not use FFI, whatever the package does.
                    try {
                        FFI::cdef('int getpid(void);');
                        echo 'free';
                    } catch (FFI\Exception) {
                        echo 'restricted';
                    }
                    break;
                case 'error':
                    (new Bankchannel\WsChannel())->inspectKey(key: 'no key');
                    break;
                case 'list':
                    $client = new Bankchannel\WsChannel(
                        baseUrl: (string) getenv('BASE_URL'), publicKeyFile: __DIR__ . '/key.pem', email: (string) getenv('EMAIL'),
                        mode: Bankchannel\WsChannel\Mode::Data, bank: Bankchannel\WsChannel\Bank::Simulator,
                        apiKey: Bankchannel\Secret::env('API_KEY'), idToken: Bankchannel\Secret::env('TOKEN'),
                    );
                    echo 'process ', getmypid(), ' files ', count($client->listFiles(status: Bankchannel\WsChannel\StatusFilter::All)->fileDescriptors);
                    break;
            }
        } catch (Bankchannel\Exception\BankchannelException $error) {
            echo $error->errorCode, ' ', $error->context['reason'] ?? '', ': ', $error->getMessage();
        }
        PHP;

    private static string $folder;

    private static Account $account;

    public static function setUpBeforeClass(): void
    {
        self::$account = Account::seeded('web@example.test');
        self::$folder = Scratch::folder();
        chmod(self::$folder, 0755);
        file_put_contents(self::$folder . '/index.php', self::PAGE);
        // The workers' user cannot open the service's own folder.
        copy(self::$account->settings['publicKeyFile'], self::$folder . '/key.pem');
        chmod(self::$folder . '/key.pem', 0644);
    }

    /** @dataProvider servers */
    public function testWithoutPreloadingTheErrorSaysWhatToSet(string $kind): void
    {
        $answer = $this->serve($kind, [])->ask('do=version');
        self::assertStringContainsString('ffi_restricted', $answer);
        self::assertStringContainsString('opcache.preload', $answer);
    }

    /** @dataProvider servers */
    public function testPreloadedItWorks(string $kind): void
    {
        $server = $this->serve($kind, $this->preload(self::PACKAGE . '/preload.php'));
        self::assertMatchesRegularExpression('/version \d+\.\d+\.\d+$/', $server->ask('do=version'));
        self::assertStringEndsWith('restricted', $server->ask('do=own'));
        self::assertMatchesRegularExpression('/(pgp|input)[a-z_.]* : /', $server->ask('do=error'));
        // Each request loads and releases the library; its threads outlive that.
        for ($i = 0; $i < 5; ++$i) {
            self::assertMatchesRegularExpression('/process \d+ files [1-9]/', $server->ask('do=list'), $server->log());
        }
        self::assertStringNotContainsString('signal', $server->log());
    }

    /** @dataProvider servers */
    public function testWithTheHeaderPreloadedTooTheLibraryIsLoadedOnce(string $kind): void
    {
        $header = $this->header(static fn (string $text): string => $text);
        $server = $this->serve($kind, ['-d', "ffi.preload={$header}", ...$this->preload(self::PACKAGE . '/preload.php')], ['BANKCHANNEL_LIBRARY' => '/no/such/file']);
        self::assertMatchesRegularExpression('/version \d+\.\d+\.\d+$/', $server->ask('do=version'));
        for ($i = 0; $i < 5; ++$i) {
            self::assertMatchesRegularExpression('/process \d+ files [1-9]/', $server->ask('do=list'), $server->log());
        }
        self::assertStringNotContainsString('signal', $server->log());
    }

    /** @dataProvider servers */
    public function testWhereAllCodeMayUseFfiNothingNeedsPreloading(string $kind): void
    {
        $server = $this->serve($kind, ['-d', 'ffi.enable=true']);
        for ($i = 0; $i < 5; ++$i) {
            self::assertMatchesRegularExpression('/process \d+ files [1-9]/', $server->ask('do=list'), $server->log());
        }
        self::assertStringNotContainsString('signal', $server->log());
    }

    /** @dataProvider servers */
    public function testAPreloadedHeaderOfAnotherVersionIsTold(string $kind): void
    {
        $header = $this->header(static fn (string $text): string => $text . 'void bankchannel_bytes_free(BankchannelBytes *); typedef int of_next_year;');
        $server = $this->serve($kind, ['-d', "ffi.preload={$header}", ...$this->preload(self::PACKAGE . '/preload.php')]);
        $answer = $server->ask('do=version');
        self::assertStringContainsString('header_mismatch', $answer);
        self::assertStringContainsString($header, $answer);
    }

    public function testForkedWorkersEachWork(): void
    {
        foreach (['/preload.php', null] as $own) {
            $preload = $own === null ? $this->preloadThatUsesTheLibrary() : self::PACKAGE . $own;
            $server = $this->serve('fpm', $this->preload($preload));
            $answers = $server->askAtOnce('do=list', 16);
            $processes = [];
            foreach ($answers as $answer) {
                self::assertSame(1, preg_match('/process (\d+) files [1-9]/', $answer, $match), $answer . $server->log());
                $processes[$match[1]] = true;
            }
            self::assertGreaterThan(1, count($processes), 'several workers answered');
            // The master forks, so it must have none of our threads.
            self::assertCount(1, (array) glob("/proc/{$server->processId()}/task/*"));
            self::assertStringNotContainsString('signal', $server->log());
            unset($server);
        }
    }

    public function testThePagesOfPhpsOwnServerWithForkedWorkersWork(): void
    {
        $server = $this->serve('built in', $this->preload(self::PACKAGE . '/preload.php'), ['PHP_CLI_SERVER_WORKERS' => '3']);
        for ($i = 0; $i < 6; ++$i) {
            self::assertMatchesRegularExpression('/process \d+ files [1-9]/', $server->ask('do=list'), $server->log());
        }
    }

    /** @return iterable<string, array{string}> */
    public function servers(): iterable
    {
        yield 'php -S' => ['built in'];
        yield 'php-fpm' => ['fpm'];
    }

    /** @param list<string> $options */
    private function serve(string $kind, array $options, array $more = []): WebServer
    {
        $settings = self::$account->settings;
        $environment = $more + [
            'PACKAGE' => (string) realpath(self::PACKAGE), 'BANKCHANNEL_LIBRARY' => (string) getenv('BANKCHANNEL_LIBRARY'), 'TOKEN' => $settings['idToken'],
            'BASE_URL' => $settings['baseUrl'], 'EMAIL' => $settings['email'], 'API_KEY' => $settings['apiKey'],
        ];

        return $kind === 'fpm' ? WebServer::fpm(self::$folder, $options, $environment) : WebServer::builtIn(self::$folder, $options, $environment);
    }

    /** @return list<string> */
    private function preload(string $file): array
    {
        $user = posix_geteuid() === 0 ? ['-d', 'opcache.preload_user=www-data'] : [];

        return ['-d', 'opcache.enable=1', '-d', 'opcache.enable_cli=1', '-d', "opcache.preload={$file}", ...$user];
    }

    /** An application's preload script that calls the library as it loads, before the workers are forked. */
    private function preloadThatUsesTheLibrary(): string
    {
        $package = (string) realpath(self::PACKAGE);
        $library = (string) getenv('BANKCHANNEL_LIBRARY');
        $file = Scratch::file("<?php putenv('BANKCHANNEL_LIBRARY={$library}'); require '{$package}/preload.php'; \$client = new Bankchannel\\WsChannel(); Bankchannel\\Bankchannel::catalogue();");
        chmod($file, 0644);

        return $file;
    }

    /** A header for `ffi.preload` with the library's path instead of its installed name, as in README.md. */
    private function header(callable $change): string
    {
        $header = $change((string) file_get_contents(self::PACKAGE . '/bankchannel.h'));
        $folder = Scratch::folder();
        chmod($folder, 0755);
        file_put_contents("{$folder}/bankchannel.h", (string) preg_replace('/FFI_LIB "[^"]*"/', 'FFI_LIB "' . getenv('BANKCHANNEL_LIBRARY') . '"', $header));

        return "{$folder}/bankchannel.h";
    }
}

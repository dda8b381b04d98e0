<?php

declare(strict_types=1);

namespace Bankchannel\Tests;

use Bankchannel\SaltEdgeConnector;
use Bankchannel\SaltEdgeConnector\Hub;
use Bankchannel\Tests\Support\Account;
use Bankchannel\Tests\Support\Program;
use Bankchannel\Tests\Support\Scratch;
use PHPUnit\Framework\TestCase;

/**
 * Runs the programs of the package's README.md and of the pages in docs. (smoke.sh runs the section of the project's
 * README.md.)
 */
final class ReadmeTest extends TestCase
{
    private const README = __DIR__ . '/../README.md';

    public function testTheFirstProgramDownloadsWhatIsNew(): void
    {
        $account = Account::seeded('readme@example.test');
        $folder = $this->project(self::blocks()[0]);
        [$printed, $code] = (new Program([PHP_BINARY, 'program.php'], $account->environment(), $folder))->end();
        self::assertSame(['', 0], [$printed, $code]);
        self::assertTrue(file_get_contents("{$folder}/R1.xml") === $account->file);
    }

    /** @dataProvider logins @param list<int> $needed */
    public function testTheLoginOverTwoRequests(string $mode, array $needed): void
    {
        $account = Account::seeded('requests@example.test');
        $requests = preg_split('~^// ~m', self::blocks()[1], -1, PREG_SPLIT_NO_EMPTY);
        self::assertIsArray($requests);
        self::assertCount(3, $requests);
        $client = "require 'vendor/autoload.php'; \$client = Bankchannel\\WsChannel::fromEnv(mode: Bankchannel\\WsChannel\\Mode::{$mode}, sealKey: '0123456789abcdef0123456789abcdef');";
        $keep = '$_SESSION = json_decode((string) @file_get_contents("session"), true); $_POST["code"] = "' . Account::CODE . '"; register_shutdown_function(fn () => file_put_contents("session", json_encode($_SESSION)));';
        $folder = $this->project('');
        foreach ($needed as $number) {
            file_put_contents("{$folder}/program.php", "<?php {$client} {$keep}\n// {$requests[$number]}\necho count(\$client->listFiles()->fileDescriptors);");
            [$printed, $code] = (new Program([PHP_BINARY, '-d', 'display_errors=1', 'program.php'], $account->environment(), $folder))->end();
        }
        self::assertSame(0, $code ?? -1, $printed ?? '');
        self::assertGreaterThan(0, (int) ($printed ?? ''));
    }

    /** @return iterable<string, array{string, list<int>}> */
    public function logins(): iterable
    {
        yield 'an admin user, who is asked for a code' => ['Admin', [0, 1, 2]];
        yield 'a data user, who is not' => ['Data', [0, 2]];
    }

    public function testAnAccountFromNothing(): void
    {
        $readme = (string) file_get_contents(self::README);
        self::assertSame(1, preg_match('/^## An account, from nothing\n.*?^``` php\n(.*?)^```$/ms', $readme, $block));
        $folder = $this->project("<?php\nrequire 'vendor/autoload.php';\n{$block[1]}");
        [$printed, $code] = (new Program([PHP_BINARY, '-d', 'display_errors=1', 'program.php'], [], $folder))->end();
        self::assertSame(0, $code, $printed);
        self::assertMatchesRegularExpression('~^camt\.053\.001\.02 statements/\S+\n$~', $printed);
        self::assertSame('0600', substr(sprintf('%o', fileperms("{$folder}/authorize-private.asc")), -4));
    }

    public function testFilesStraightToTheBanks(): void
    {
        $readme = (string) file_get_contents(self::README);
        self::assertSame(1, preg_match('/^## Files straight to the banks.*?\n.*?^``` php\n(.*?)^```$/ms', $readme, $block));
        $folder = $this->project("<?php\nrequire 'vendor/autoload.php';\n{$block[1]}");
        [$printed, $code] = (new Program([PHP_BINARY, '-d', 'display_errors=1', 'program.php'], [], $folder))->end();
        self::assertSame(["24\n", 0], [$printed, $code]);
    }

    public function testTheTableOfReasonsIsWhole(): void
    {
        preg_match_all('/`([a-z_]+)`/', (string) (new \ReflectionClass(\Bankchannel\Bridge\Diagnosis::class))->getDocComment(), $known);
        $readme = (string) file_get_contents(self::README);
        self::assertGreaterThan(8, count($known[1]));
        foreach (array_diff($known[1], ['reason']) as $reason) {
            self::assertStringContainsString("`{$reason}`", $readme);
        }
    }

    public function testATestOfYourOwnProgram(): void
    {
        $page = (string) file_get_contents(__DIR__ . '/../../../docs/embedded-servers.md');
        self::assertSame(1, preg_match('/^### PHP\n.*?^```php\n(.*?)^```$/ms', $page, $block));
        [$printed, $code] = (new Program([PHP_BINARY, '-d', 'display_errors=1', 'program.php'], [], $this->project($block[1])))->end();
        self::assertSame(["may be repeated\ncamt.053.001.02\n", 0], [$printed, $code]);
    }

    public function testTheWholeFlowOfAThirdParty(): void
    {
        $page = (string) file_get_contents(__DIR__ . '/../../../docs/nextgen-psd2.md');
        self::assertSame(1, preg_match('/^### PHP\n.*?^```php\n(.*?)^```$/ms', $page, $block));
        [$printed, $code] = (new Program([PHP_BINARY, '-d', 'display_errors=1', 'program.php'], [], $this->project($block[1])))->end();
        $accounts = "NO8299990100000 Brukskonto 48215.50\nNO5499990100019 Sparekonto 215000.00\n";
        self::assertSame(["bool(true)\n{$accounts}", 0], [$printed, $code]);
    }

    public function testTheRouteOfAConnector(): void
    {
        $page = (string) file_get_contents(__DIR__ . '/../../../docs/salt-edge.md');
        self::assertSame(1, preg_match('/^### PHP\n.*?^```php\n<\?php\n(.*?)^```$/ms', $page, $block));
        $hub = new Hub();
        $key = \dirname($hub->hubPublicKeyFile) . '/hub.key.pem';
        $jwt = (new SaltEdgeConnector(privateKeyFile: $key))->signJwt(data: ['session_secret' => 'session-1'])->jwt;
        // Simulates the input that a web server gives to a page.
        $given = "<?php\nfunction getallheaders(): array { return (array) json_decode((string) getenv('HEADERS'), true); }\n"
            . "\$_SERVER['REQUEST_METHOD'] = 'GET';\n\$_SERVER['REQUEST_URI'] = '/api/priora/v1/accounts';\n"
            . "register_shutdown_function(static function (): void { echo \"\\n\", http_response_code(); });\n";
        $asked = ['Authorization' => "Bearer {$jwt}", 'Client-Id' => '1', 'Access-Token' => 'token'];
        $answer = function (array $headers) use ($given, $block, $hub): array {
            $environment = ['HEADERS' => (string) json_encode($headers), 'HUB_PUBLIC_KEY_FILE' => $hub->hubPublicKeyFile];
            $program = new Program([PHP_BINARY, '-d', 'display_errors=1', 'program.php'], $environment, $this->project($given . $block[1]));
            [$printed, $code] = $program->end();
            self::assertSame(0, $code, $printed);
            [$body, $status] = explode("\n", $printed);

            return [json_decode($body, true), $status];
        };
        [$body, $status] = $answer($asked);
        self::assertSame(['200', '1', '12.50'], [$status, $body['data'][0]['id'], $body['data'][0]['balance']]);
        [$body, $status] = $answer(['Client-Id' => '1']);
        self::assertSame(['401', 'AuthorizationMissing'], [$status, $body['error_class']]);
        $hub->stop();
    }

    public function testAConnectorOverAStore(): void
    {
        $page = (string) file_get_contents(__DIR__ . '/../../../docs/salt-edge-engine.md');
        self::assertSame(1, preg_match('/^### PHP\n.*?^```php\n(.*?)^```$/ms', $page, $block));
        [$printed, $code] = (new Program([PHP_BINARY, '-d', 'display_errors=1', 'program.php'], [], $this->project($block[1])))->end();
        self::assertSame(0, $code, $printed);
        [$created, $worked, $fetched] = explode("\n", $printed);
        self::assertSame(['200 {}', '1 asked, 1 delivered'], [$created, $worked]);
        self::assertSame('12.50', json_decode($fetched, true)['data'][0]['balance']);
    }

    /** @return list<string> */
    private static function blocks(): array
    {
        preg_match_all('/^```php\n(.*?)^```$/ms', (string) file_get_contents(self::README), $blocks);
        self::assertCount(2, $blocks[1]);

        return $blocks[1];
    }

    /** A project's folder with the package in Composer's place. */
    private function project(string $program): string
    {
        $folder = Scratch::folder();
        mkdir("{$folder}/vendor");
        file_put_contents("{$folder}/vendor/autoload.php", '<?php require ' . var_export(\dirname(__DIR__) . '/src/autoload.php', true) . ';');
        file_put_contents("{$folder}/program.php", $program);

        return $folder;
    }
}

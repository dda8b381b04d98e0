<?php

declare(strict_types=1);

namespace Bankchannel\Tests;

use Bankchannel\Bankchannel;
use Bankchannel\Bridge\Event;
use Bankchannel\Bridge\Status;
use Bankchannel\Content;
use Bankchannel\ErrorCode;
use Bankchannel\Exception\BankchannelException;
use Bankchannel\Exception\ConfigurationException;
use Bankchannel\Exception\InvalidInputException;
use Bankchannel\Exception\PeerRefusedException;
use Bankchannel\NextGenPsd2;
use Bankchannel\Tests\Support\Assertions;
use Bankchannel\Tests\Support\FakeBridge;
use Bankchannel\WsChannel;
use Bankchannel\WsChannel\Bank;
use Bankchannel\WsChannel\DownloadedFile;
use Bankchannel\WsChannel\FileDescriptor;
use Bankchannel\WsChannel\Mode;
use Bankchannel\WsChannel\Service;
use PHPUnit\Framework\TestCase;

/**
 * Names: settings and environment variables, fields in errors, exceptions in the documentation; and listed items that
 * name themselves.
 */
final class NamesTest extends TestCase
{
    use Assertions;

    protected function tearDown(): void
    {
        foreach (array_keys($_SERVER) as $name) {
            if (str_starts_with((string) $name, 'ISECURE_')) {
                unset($_SERVER[$name]);
            }
        }
    }

    public function testArgumentsOfFromEnvGoBeforeTheEnvironment(): void
    {
        $_SERVER['ISECURE_MODE'] = 'admin';
        $_SERVER['ISECURE_BANK'] = 'aktia';
        $_SERVER['ISECURE_EMAIL'] = 'env@example.test';
        $settings = $this->settings(static fn (FakeBridge $bridge) => WsChannel::fromEnv(mode: 'data', bank: Bank::Nordea, password: 'p', bridge: $bridge));
        self::assertSame(['data', 'nordea', 'p'], [$settings['mode'], $settings['bank'], $settings['password']]);
        self::assertSame('env@example.test', $settings['from_env']['ISECURE_EMAIL']);
        self::assertArrayNotHasKey('email', $settings);
        // The library itself reads them in this order.
        $service = new Service();
        $_SERVER['ISECURE_BASE_URL'] = 'http://127.0.0.1:9/v2';
        WsChannel::fromEnv(...$service->clientSettings(), mode: 'data');
        $service->stop();
    }

    public function testEverySettingAndCallableIsAnArgument(): void
    {
        $names = static fn (string $method): array => array_map(static fn (\ReflectionParameter $one): string => $one->name, (new \ReflectionMethod(WsChannel::class, $method))->getParameters());
        self::assertSame(array_values(array_diff($names('__construct'), ['fromEnv'])), $names('fromEnv'));
        self::assertContains('signer', $names('fromEnv'));
        self::thrown(\Error::class, static fn () => WsChannel::fromEnv(colour: 'red')); // @phpstan-ignore argument.unknown
        self::thrown(\TypeError::class, static fn () => WsChannel::fromEnv(mode: 5)); // @phpstan-ignore argument.type
    }

    public function testASettingThatIsANameMayBeTheTextOfAConfiguration(): void
    {
        $settings = $this->settings(static fn (FakeBridge $bridge) => new WsChannel(mode: 'data', bank: 'nordea', environment: 'test', bridge: $bridge));
        self::assertSame(['data', 'nordea', 'test'], [$settings['mode'], $settings['bank'], $settings['environment']]);
        $error = self::thrown(BankchannelException::class, static fn () => new WsChannel(mode: 'boss'));
        self::assertSame('mode', $error->context['field']);
    }

    public function testErrorsOfTypedMethodsNameTheParameters(): void
    {
        $client = new WsChannel(baseUrl: 'http://127.0.0.1:9/v2', bank: Bank::Simulator);
        $error = self::thrown(InvalidInputException::class, static fn () => $client->downloadFile(fileType: 'no such type!', fileReference: 'R1'));
        self::assertSame('fileType', $error->context['field']);
        self::assertStringContainsString('fileType', $error->getMessage());
        self::assertStringNotContainsString('file_type', $error->getMessage());
        // The complete error keeps the names that are common to all languages.
        self::assertSame('file_type', ((array) $error->toArray()['context'])['field']);
        self::assertStringContainsString('file_type', $error->toArray()['message']);
        self::assertSame(['ws_channel.download_file', ErrorCode::INPUT_INVALID_FIELD], [$error->operation, $error->errorCode]);

        $error = self::thrown(BankchannelException::class, static fn () => new WsChannel(baseUrl: 'no URL'));
        self::assertSame(['baseUrl', 'base_url'], [$error->context['field'], ((array) $error->toArray()['context'])['field']]);
        $error = self::thrown(InvalidInputException::class, static fn () => $client->signFile(content: __FILE__, privateKey: "\xff"));
        self::assertSame('privateKey', $error->context['field']);
        self::thrown(BankchannelException::class, static fn () => new Service(tlsCert: '/no/such/file'));
    }

    public function testErrorsOfCallsByNameKeepTheCataloguesNames(): void
    {
        $client = new WsChannel(bank: Bank::Simulator);
        $request = ['file_type' => 'no such type!', 'file_reference' => 'R1'];
        $error = self::thrown(InvalidInputException::class, static fn () => $client->call('ws_channel.download_file', $request));
        self::assertSame('file_type', $error->context['field']);
        self::assertStringContainsString('file_type', $error->getMessage());
        $error = self::thrown(InvalidInputException::class, static fn () => Bankchannel::local('ws_channel.sign_file', ['private_key' => 5], Content::bytes('x')));
        self::assertStringContainsString('private_key', $error->context['field']);
    }

    public function testEveryPlaceOfSeveralProblemsIsRenamed(): void
    {
        $given = (string) json_encode([
            'code' => 'input.invalid_field', 'category' => 'invalid_input', 'message' => 'two: end_to_end_id and debtor.post_code; snake_case_text stays',
            'context' => ['field' => 'transactions[0].end_to_end_id', 'problems' => "transactions[0].end_to_end_id: too long\ndebtor.post_code: missing", 'limit_bytes' => '5'],
        ]);
        $error = BankchannelException::fromJson($given)->named();
        self::assertSame('two: endToEndId and debtor.postCode; snake_case_text stays', $error->text);
        self::assertSame($error->text . ' [input.invalid_field]', $error->getMessage());
        self::assertSame(['field' => 'transactions[0].endToEndId', 'problems' => "transactions[0].endToEndId: too long\ndebtor.postCode: missing", 'limit_bytes' => '5'], $error->context);
        self::assertSame($error, $error->named());
    }

    public function testAnErrorOfTheCallersOwnCodePassesAsItIs(): void
    {
        $own = PeerRefusedException::of(ErrorCode::WS_CHANNEL_UPLOAD_REJECTED, context: ['field' => 'file_type']);
        $ask = new Event(Status::ASK, '{"kind":"sms_code","text":"The code"}', null);
        $bridge = new FakeBridge([$ask, PeerRefusedException::of(ErrorCode::CANCELLED)]);
        $client = new WsChannel(bridge: $bridge);
        $error = self::thrown(PeerRefusedException::class, static fn () => $client->logIn(onCode: static fn () => throw $own));
        self::assertSame($own, $error);
        self::assertSame('file_type', $error->context['field']);
    }

    public function testAListedFileStandsForTheFieldsThatNameIt(): void
    {
        $listed = new FileDescriptor(fileReference: 'R1', fileTimestamp: '2026-11-20', fileType: 'KTL', status: 'NEW');
        $kept = DownloadedFile::fromArray(['file_reference' => 'R2', 'file_type' => 'TITO', 'status' => 'downloaded']);
        $bridge = new FakeBridge(array_fill(0, 3, new Event(Status::OK, '{"response_text":"OK"}', null)));
        $client = new WsChannel(bridge: $bridge);
        $client->downloadFile($listed, bank: Bank::Nordea);
        $client->deleteFile($kept);
        $client->deleteFile(fileType: $listed);
        $given = array_map(static fn (array $told): array => json_decode($told[2], true), \array_slice($bridge->told, 1));
        self::assertSame([
            ['bank' => 'nordea', 'file_type' => 'KTL', 'file_reference' => 'R1'],
            ['file_type' => 'TITO', 'file_reference' => 'R2'],
            ['file_type' => 'KTL', 'file_reference' => 'R1'],
        ], $given);
        $error = self::thrown(InvalidInputException::class, static fn () => $client->downloadFile($listed, 'R1'));
        self::assertSame(['fileReference', 'ws_channel.download_file'], [$error->context['field'], $error->operation]);
        $error = self::thrown(InvalidInputException::class, static fn () => (new WsChannel(bank: Bank::Nordea))->downloadFile('KTL'));
        self::assertSame([ErrorCode::INPUT_MISSING_FIELD, 'fileReference'], [$error->errorCode, $error->context['field']]);
        self::thrown(\TypeError::class, static fn () => $client->downloadFile(new \stdClass())); // @phpstan-ignore argument.type
    }

    public function testEveryClassThatAMethodIsSaidToThrowExists(): void
    {
        $seen = [];
        $files = new \RecursiveIteratorIterator(new \RecursiveDirectoryIterator(__DIR__ . '/../src', \FilesystemIterator::SKIP_DOTS));
        /** @var \SplFileInfo $file */
        foreach ($files as $file) {
            $text = (string) file_get_contents((string) $file);
            $namespace = preg_match('/^namespace ([\w\\\\]+);/m', $text, $found) === 1 ? $found[1] : '';
            preg_match_all('/^use ([\w\\\\]+);/m', $text, $used);
            $imports = [];
            foreach ($used[1] as $class) {
                $imports[substr((string) strrchr("\\{$class}", '\\'), 1)] = $class;
            }
            preg_match_all('/@throws +([\w\\\\|]+)/', $text, $thrown);
            foreach ($thrown[1] as $names) {
                foreach (explode('|', $names) as $name) {
                    $class = str_starts_with($name, '\\') ? substr($name, 1) : $imports[$name] ?? "{$namespace}\\{$name}";
                    self::assertTrue(is_a($class, \Throwable::class, true), "{$file}: {$name}");
                    $seen[$class] = true;
                }
            }
        }
        // The categories of the catalogue's errors, and the base class.
        self::assertArrayHasKey(BankchannelException::class, $seen);
        self::assertArrayHasKey(PeerRefusedException::class, $seen);
        self::assertGreaterThan(10, \count($seen));
    }

    public function testAMethodIsSaidToThrowWhatTheCatalogueSays(): void
    {
        $client = new NextGenPsd2();
        foreach (Bankchannel::catalogue() as $operation) {
            [$module, $name] = explode('.', $operation['name']);
            if ($module !== 'nextgen_psd2') {
                continue;
            }
            $doc = (string) (new \ReflectionMethod($client, lcfirst(str_replace('_', '', ucwords($name, '_')))))->getDocComment();
            foreach ($operation['errors'] as $code) {
                self::assertStringContainsString("`{$code}`", $doc, $operation['name']);
            }
        }
        self::thrown(ConfigurationException::class, static function () use ($client): void {
            $client->close();
            $client->getAccounts();
        });
    }

    /**
     * @param callable(FakeBridge): WsChannel $make
     *
     * @return array<string, mixed>
     */
    private function settings(callable $make): array
    {
        $make($bridge = new FakeBridge());

        return json_decode($bridge->told[0][1], true);
    }
}

<?php

declare(strict_types=1);

namespace Bankchannel\Tests;

use Bankchannel\ErrorCode;
use Bankchannel\Exception\BankchannelException;
use Bankchannel\Exception\Categories;
use Bankchannel\Exception\ConfigurationException;
use Bankchannel\Exception\InternalException;
use Bankchannel\Exception\InvalidInputException;
use Bankchannel\Exception\TimedOutException;
use Bankchannel\Exception\TransportException;
use Bankchannel\Question;
use Bankchannel\Secret;
use Bankchannel\SepaWebServices;
use Bankchannel\Tests\Support\Assertions;
use Bankchannel\Tests\Support\FakeBridge;
use Bankchannel\WsChannel;
use Bankchannel\WsChannel\Bank;
use Bankchannel\WsChannel\Mode;
use PHPUnit\Framework\TestCase;

/** Bad input and faults: a typed error with all its parts, never a crash. */
final class ErrorsTest extends TestCase
{
    use Assertions;

    /** No server listens there. */
    private const NOWHERE = 'http://127.0.0.1:9/v2';

    public function testAnErrorHasTheClassOfItsCategoryAndAllDetails(): void
    {
        $client = new WsChannel(baseUrl: self::NOWHERE);
        $error = self::thrown(TransportException::class, static fn () => $client->initLogin(email: 'a@example.test', mode: Mode::Data));
        self::assertSame(ErrorCode::TRANSPORT_CONNECT_FAILED, $error->errorCode);
        self::assertSame(['transport', 'not_sent', 'ws_channel.init_login', true], [$error->category, $error->outcome, $error->operation, $error->retryable]);
        self::assertSame($error->errorCode, $error->toArray()['code']);
        self::assertNotSame('', $error->getMessage());
    }

    public function testEveryCategoryHasAClassAndAnUnknownOneIsInternal(): void
    {
        foreach (Categories::CLASSES as $category => $class) {
            $error = BankchannelException::fromJson((string) json_encode([
                'code' => 'x.y', 'category' => $category, 'message' => 'm', 'retryable' => true, 'operation' => 'o', 'http_status' => 429,
                'outcome' => 'refused', 'retry_after_s' => 7, 'peer' => ['code' => 'c', 'text' => 't', 'request_id' => 'r'], 'context' => ['field' => 'f'],
            ]));
            self::assertSame($class, $error::class);
            self::assertSame([429, 'refused', 7, 'c', 't', 'r', ['field' => 'f']], [
                $error->httpStatus, $error->outcome, $error->retryAfterS, $error->peer?->code, $error->peer?->text, $error->peer?->requestId, $error->context,
            ]);
        }
        self::assertInstanceOf(InternalException::class, BankchannelException::fromJson('{"category":"of_next_year","code":"a.b","message":"m"}'));
        self::assertInstanceOf(InternalException::class, BankchannelException::fromJson('no JSON'));
    }

    public function testAWrongTypeIsRefusedByPhpItself(): void
    {
        $client = new WsChannel();
        self::thrown(\TypeError::class, static fn () => $client->listFiles(bank: 'simulator')); // @phpstan-ignore argument.type
        self::thrown(\TypeError::class, static fn () => $client->inspectKey(key: 42)); // @phpstan-ignore argument.type
        self::thrown(\ArgumentCountError::class, static fn () => $client->downloadFile(fileReference: 'R1')); // @phpstan-ignore argument.missing
        self::thrown(\Error::class, static fn () => $client->listFiles(colour: 'red')); // @phpstan-ignore argument.unknown
        self::thrown(\ValueError::class, static fn () => Bank::from('nowhere'));
    }

    /** @dataProvider wrongRequests */
    public function testAWrongRequestNamesItsField(array $request, string $code, string $field): void
    {
        $error = self::thrown(InvalidInputException::class, static fn () => (new WsChannel())->call('ws_channel.download_file', $request));
        self::assertSame($code, $error->errorCode, $error->getMessage());
        self::assertStringContainsString($field, $error->getMessage() . json_encode($error->context));
        self::assertSame('ws_channel.download_file', $error->operation);
    }

    /** @return iterable<string, array{array<string, mixed>, string, string}> */
    public function wrongRequests(): iterable
    {
        $good = ['bank' => 'simulator', 'file_type' => 'KTL', 'file_reference' => 'R1'];
        yield 'wrong type' => [['file_type' => 7] + $good, ErrorCode::INPUT_INVALID_FIELD, 'file_type'];
        yield 'an array for text' => [['file_type' => ['KTL']] + $good, ErrorCode::INPUT_INVALID_FIELD, 'file_type'];
        yield 'missing field' => [['bank' => 'simulator', 'file_type' => 'KTL'], ErrorCode::INPUT_MISSING_FIELD, 'file_reference'];
        yield 'unknown field' => [['colour' => 'red'] + $good, ErrorCode::INPUT_UNKNOWN_FIELD, 'colour'];
        yield 'wrong enum' => [['bank' => 'nowhere'] + $good, ErrorCode::INPUT_INVALID_FIELD, 'bank'];
        yield 'a list in place of fields' => [['red', 'green'] + $good, ErrorCode::INPUT_UNKNOWN_FIELD, '0'];
    }

    public function testInvalidUtf8NamesItsField(): void
    {
        $client = new WsChannel();
        $error = self::thrown(InvalidInputException::class, static fn () => $client->initLogin(email: "\xff\xfe", mode: Mode::Data));
        self::assertSame(['field' => 'email'], $error->context);
        self::thrown(InvalidInputException::class, static fn () => new WsChannel(name: "\xc3("));
        self::thrown(InvalidInputException::class, static fn () => $client->call("ws_channel.\xff"));
        self::thrown(InvalidInputException::class, static fn () => $client->verifyFile(content: "/tmp/\xff\xfe", publicKey: 'k', signature: 's'));
    }

    public function testANulInsideIsTextLikeAnyOther(): void
    {
        $client = new WsChannel();
        self::thrown(InvalidInputException::class, static fn () => $client->initLogin(email: "a\0@example.test", mode: Mode::Data));
        self::thrown(InvalidInputException::class, static fn () => $client->call("ws_channel.list_files\0"));
        self::thrown(BankchannelException::class, static fn () => new WsChannel(baseUrl: "http://127.0.0.1\0.example/v2"));
        self::thrown(BankchannelException::class, static fn () => $client->verifyFile(content: "/tmp/a\0b", publicKey: 'k', signature: 's'));
    }

    public function testWhatIsTooLargeIsRefused(): void
    {
        $client = new WsChannel();
        $error = self::thrown(InvalidInputException::class, static fn () => $client->inspectKey(key: str_repeat('x', 17 << 20)));
        self::assertSame(ErrorCode::INPUT_TOO_LARGE, $error->errorCode);
        $deep = [];
        for ($i = 0; $i < 600; ++$i) {
            $deep = ['deeper' => $deep];
        }
        self::thrown(InvalidInputException::class, static fn () => $client->call('ws_channel.list_files', $deep));
        $itself = [];
        $itself['bank'] = &$itself;
        self::thrown(InvalidInputException::class, static fn () => $client->call('ws_channel.list_files', $itself));
        self::thrown(InvalidInputException::class, static fn () => $client->call('ws_channel.list_files', ['bank' => NAN]));
    }

    public function testThereIsNoSuchOperation(): void
    {
        $error = self::thrown(InvalidInputException::class, static fn () => (new WsChannel())->call('ws_channel.no_such_thing'));
        self::assertSame(ErrorCode::INPUT_UNKNOWN_OPERATION, $error->errorCode);
    }

    public function testADeadlineOfZeroSendsNothing(): void
    {
        $client = new WsChannel(baseUrl: self::NOWHERE);
        $error = self::thrown(TimedOutException::class, static fn () => $client->initLogin(email: 'a@example.test', mode: Mode::Data, timeout: 0));
        self::assertSame('not_sent', $error->outcome);
        $error = self::thrown(InvalidInputException::class, static fn () => $client->initLogin(email: 'a@example.test', mode: Mode::Data, timeout: -5));
        self::assertSame(['field' => 'timeout'], $error->context);
    }

    public function testAClosedClientSaysSo(): void
    {
        $client = new WsChannel();
        $client->close();
        $client->close();
        $error = self::thrown(ConfigurationException::class, static fn () => $client->listFiles(bank: Bank::Simulator));
        self::assertSame([ErrorCode::CONFIGURATION_CLOSED, 'ws_channel.list_files'], [$error->errorCode, $error->operation]);
        self::thrown(ConfigurationException::class, static fn () => $client->inspectKey(key: 'k'));
    }

    public function testWrongContentAndDestinations(): void
    {
        $client = new WsChannel(baseUrl: self::NOWHERE, bank: Bank::Simulator);
        $closed = fopen('php://memory', 'rb');
        self::assertIsResource($closed);
        fclose($closed);
        foreach ([42, 1.5, true, [], new \stdClass(), $closed, stream_context_create()] as $wrong) {
            $error = self::thrown(InvalidInputException::class, static fn () => $client->verifyFile(content: $wrong, publicKey: 'k', signature: 's'));
            self::assertSame(['field' => 'content'], $error->context);
            $error = self::thrown(InvalidInputException::class, static fn () => $client->downloadFile(fileType: 'KTL', fileReference: 'R1', destination: $wrong));
            self::assertSame(['field' => 'destination'], $error->context);
        }
        $error = self::thrown(InvalidInputException::class, static fn () => $client->verifyFile(content: '/no/such/file', publicKey: 'k', signature: 's'));
        self::assertSame(ErrorCode::INPUT_CONTENT_UNREADABLE, $error->errorCode);
    }

    public function testTheEnvironmentIsWhatPhpCallsSo(): void
    {
        $told = static fn (FakeBridge $bridge): array => json_decode($bridge->told[0][1], true);
        $settings = static function (string $name) use ($told): array {
            new WsChannel(password: Secret::env($name), bridge: $bridge = new FakeBridge());

            return $told($bridge);
        };
        $_ENV['BANKCHANNEL_TEST_PLACE'] = 'from _ENV';
        self::assertSame('from _ENV', $settings('BANKCHANNEL_TEST_PLACE')['password']);
        putenv('BANKCHANNEL_TEST_PLACE=from getenv');
        self::assertSame('from getenv', $settings('BANKCHANNEL_TEST_PLACE')['password']);
        $_SERVER['BANKCHANNEL_TEST_PLACE'] = 'from _SERVER';
        self::assertSame('from _SERVER', $settings('BANKCHANNEL_TEST_PLACE')['password']);
        $_SERVER['BANKCHANNEL_TEST_PLACE'] = '';
        self::assertSame('from getenv', $settings('BANKCHANNEL_TEST_PLACE')['password']);
        // A header of the request, controlled by its sender.
        $_SERVER['HTTP_PASSWORD'] = 'from a header';
        self::thrown(InvalidInputException::class, static fn () => Secret::env('HTTP_PASSWORD'));
        $_SERVER['ISECURE_EMAIL'] = 'server@example.test';
        $_ENV['ISECURE_NAME'] = 'From _ENV';
        WsChannel::fromEnv(bridge: $bridge = new FakeBridge());
        $given = $told($bridge)['from_env'];
        self::assertSame(['server@example.test', 'From _ENV'], [$given['ISECURE_EMAIL'], $given['ISECURE_NAME']]);
        unset($_SERVER['ISECURE_EMAIL'], $_SERVER['HTTP_PASSWORD'], $_SERVER['BANKCHANNEL_TEST_PLACE'], $_ENV['BANKCHANNEL_TEST_PLACE'], $_ENV['ISECURE_NAME']);
        putenv('BANKCHANNEL_TEST_PLACE');
        // The library reads them like the process's own.
        $_SERVER['ISECURE_MODE'] = 'nonsense';
        $error = self::thrown(BankchannelException::class, static fn () => WsChannel::fromEnv());
        unset($_SERVER['ISECURE_MODE']);
        self::assertSame('ISECURE_MODE', $error->context['field']);
        // Its default is the address of the test installation.
        $_SERVER['ISECURE_BASE_URL'] = '';
        $error = self::thrown(BankchannelException::class, static fn () => WsChannel::fromEnv());
        unset($_SERVER['ISECURE_BASE_URL']);
        self::assertSame('ISECURE_BASE_URL', $error->context['field']);
    }

    public function testAClientShowsWhereItSendsTo(): void
    {
        self::assertStringContainsString('https://wsk.op.fi/', print_r(new SepaWebServices(bank: 'op'), true));
        self::assertStringContainsString('https://ws-api.test.isecure.fi/v2', print_r(new WsChannel(), true));
        $client = new WsChannel(baseUrl: self::NOWHERE);
        self::assertStringContainsString(self::NOWHERE, print_r($client, true));
        $client->close();
        self::assertStringContainsString('closed', print_r($client, true));
    }

    public function testSecretsComeFromFilesAndTheEnvironmentAndStayOutOfDumps(): void
    {
        putenv('BANKCHANNEL_TEST_KEY=key-from-the-environment');
        new WsChannel(apiKey: Secret::env('BANKCHANNEL_TEST_KEY'));
        self::thrown(BankchannelException::class, static fn () => new WsChannel(apiKey: Secret::env('BANKCHANNEL_NO_SUCH_VARIABLE')));
        self::thrown(BankchannelException::class, static fn () => new WsChannel(apiKey: Secret::file('/no/such/file')));
        $client = new WsChannel(password: 'Correct-Horse-Battery-9!', baseUrl: self::NOWHERE);
        ob_start();
        var_dump($client);
        self::assertStringNotContainsString('Horse', ob_get_clean() . print_r($client, true) . var_export($client, true));
        $error = self::thrown(BankchannelException::class, static fn () => $client->logIn(email: 'a@example.test', mode: Mode::Data, password: 'Another-Horse-Battery-9!'));
        $trace = print_r($error->getTrace(), true);
        self::assertStringContainsString('logIn', $trace);
        self::assertStringNotContainsString('[args]', $trace);
        self::assertStringNotContainsString('Another-Horse', $trace . $error);
        self::assertStringNotContainsString('Correct-Horse', $trace . $error);
    }

    public function testAQuestionsSecretIsInNoDump(): void
    {
        $question = new Question('totp_code', 'Add this to your authenticator', [], 'JBSWY3DPEHPK3PXP');
        self::assertSame('JBSWY3DPEHPK3PXP', $question->secret());
        self::assertNull((new Question('sms_code', 'The code'))->secret());
        ob_start();
        var_dump($question);
        $dumped = ob_get_clean() . print_r($question, true) . var_export($question, true) . json_encode($question) . print_r((array) $question, true) . serialize($question);
        self::assertStringContainsString('authenticator', $dumped);
        self::assertStringNotContainsString('JBSWY3DPEHPK3PXP', $dumped);
    }
}

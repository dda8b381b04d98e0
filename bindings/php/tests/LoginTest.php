<?php

declare(strict_types=1);

namespace Bankchannel\Tests;

use Bankchannel\Exception\AuthenticationException;
use Bankchannel\Exception\ConfigurationException;
use Bankchannel\Exception\InvalidInputException;
use Bankchannel\Question;
use Bankchannel\Tests\Support\Account;
use Bankchannel\Tests\Support\Assertions;
use Bankchannel\Tests\Support\Program;
use Bankchannel\WsChannel;
use Bankchannel\WsChannel\LogInProgressAuthenticated;
use Bankchannel\WsChannel\LogInProgressNeedsCode;
use PHPUnit\Framework\TestCase;

/** Logging in: with a callback, in steps, over two processes, with settings from the environment. */
final class LoginTest extends TestCase
{
    use Assertions;

    private const SEAL = '0123456789abcdef0123456789abcdef';

    private static Account $account;

    public static function setUpBeforeClass(): void
    {
        self::$account = Account::seeded('asked@example.test');
    }

    public function testALoginAsksForItsCode(): void
    {
        $client = self::$account->admin();
        $error = self::thrown(InvalidInputException::class, static fn () => $client->logIn());
        self::assertStringContainsString('sms_code', $error->getMessage());
        $asked = [];
        $client->logIn(onCode: static function (Question $question) use (&$asked): string {
            $asked[] = $question->kind;

            return Account::CODE;
        });
        self::assertSame(['sms_code'], $asked);
        self::assertNotSame([], $client->listFiles()->fileDescriptors);
        // The client's own callable is called if the call has none.
        self::$account->admin(onCode: static fn () => Account::CODE)->logIn();
        self::thrown(AuthenticationException::class, static fn () => self::$account->admin(password: 'Wrong-Horse-Battery-9!')->logIn(onCode: static fn () => Account::CODE));
    }

    public function testWhatTheCallableThrowsOrReturnsWrongEndsTheCall(): void
    {
        $client = self::$account->admin();
        $error = self::thrown(\DomainException::class, static fn () => $client->logIn(onCode: static fn () => throw new \DomainException('no phone here')));
        self::assertSame('no phone here', $error->getMessage());
        foreach ([123456, null, ['123456']] as $wrong) {
            $error = self::thrown(InvalidInputException::class, static fn () => $client->logIn(onCode: static fn () => $wrong));
            self::assertStringContainsString('onCode', $error->getMessage());
        }
        self::thrown(InvalidInputException::class, static fn () => $client->logIn(onCode: static fn () => "\xff"));
        // A call within a call, with the same client.
        $client->logIn(onCode: static function () use ($client): string {
            $client->inspectKey(key: self::$account->key->publicKey);

            return Account::CODE;
        });
        self::assertNotSame([], $client->listFiles()->fileDescriptors);
    }

    public function testALoginThatBeginsInOneProcessEndsInAnother(): void
    {
        $settings = var_export(array_diff_key(self::$account->settings, ['bank' => 0, 'mode' => 0, 'idToken' => 0]), true);
        $client = "\$client = new Bankchannel\\WsChannel(...{$settings}, mode: Bankchannel\\WsChannel\\Mode::Admin, bank: Bankchannel\\WsChannel\\Bank::Simulator, sealKey: '" . self::SEAL . "');";
        [$sealed, $code] = Program::php("{$client} echo \$client->beginLogIn(password: '" . Account::PASSWORD . "')->sealed;");
        self::assertSame(0, $code, $sealed);
        self::assertStringStartsWith('bc1.', $sealed);
        // The pending login is sealed: neither password nor challenge can be read from it.
        self::assertStringNotContainsString('Horse', $sealed . base64_decode(strtr(substr($sealed, 4), '-_', '+/')));
        [$printed, $code] = Program::php("{$client} \$client->continueLogIn(sealed: '{$sealed}', code: '" . Account::CODE . "'); echo \$client->exportSession()->sealed ?? '', ' ', count(\$client->listFiles()->fileDescriptors);");
        self::assertSame(0, $code, $printed);
        self::assertMatchesRegularExpression('/ [1-9]\d*$/', $printed);
        // A session passes from one process to the next in the same way.
        [$session] = explode(' ', $printed);
        [$printed, $code] = Program::php("{$client} \$client->importSession(sealed: '{$session}'); echo count(\$client->listFiles()->fileDescriptors);");
        self::assertSame(0, $code, $printed);
        self::assertGreaterThan(0, (int) $printed);
    }

    public function testAWrongCodeMayBeGivenAgain(): void
    {
        $client = self::$account->admin(sealKey: self::SEAL);
        $waiting = $client->beginLogIn();
        self::assertInstanceOf(LogInProgressNeedsCode::class, $waiting);
        $again = $client->continueLogIn(sealed: $waiting->sealed, code: '000000');
        self::assertInstanceOf(LogInProgressNeedsCode::class, $again);
        self::assertSame([1, 'sms_code'], [$again->wrong, $again->kind]);
        self::assertInstanceOf(LogInProgressAuthenticated::class, $client->continueLogIn(sealed: $again->sealed, code: Account::CODE));
        self::assertStringNotContainsString($again->sealed, print_r((new \ReflectionClass($client))->getName(), true));
    }

    public function testSettingsComeFromTheEnvironmentAndThoseGivenWin(): void
    {
        $settings = self::$account->settings;
        $environment = [
            'ISECURE_BASE_URL' => $settings['baseUrl'], 'ISECURE_PUBLIC_KEY_PEM_FILE' => $settings['publicKeyFile'], 'ISECURE_EMAIL' => $settings['email'],
            'ISECURE_MODE' => 'data', 'ISECURE_PASSWORD' => Account::PASSWORD, 'ISECURE_API_KEY' => $settings['apiKey'], 'ISECURE_BANK' => 'simulator',
        ];
        [$printed, $code] = Program::php('$c = Bankchannel\WsChannel::fromEnv(); $c->logIn(); echo count($c->listFiles()->fileDescriptors);', $environment);
        self::assertSame(0, $code, $printed);
        self::assertGreaterThan(0, (int) $printed);
        [$printed] = Program::php('try { Bankchannel\WsChannel::fromEnv(password: "Wrong-Horse-Battery-9!")->logIn(); } catch (Bankchannel\Exception\AuthenticationException $e) { echo get_class($e); }', $environment);
        self::assertSame(AuthenticationException::class, $printed);
        [$printed] = Program::php('try { Bankchannel\WsChannel::fromEnv(); } catch (Bankchannel\Exception\ConfigurationException $e) { echo $e->context["field"], " ", $e->getMessage(); }', ['ISECURE_MODE' => 'nonsense'] + $environment);
        self::assertStringStartsWith('ISECURE_MODE ', $printed);
        self::thrown(\Error::class, static fn () => WsChannel::fromEnv(colour: 'red')); // @phpstan-ignore argument.unknown
        self::thrown(\TypeError::class, static fn () => WsChannel::fromEnv(mode: 5)); // @phpstan-ignore argument.type
        self::thrown(ConfigurationException::class, static fn () => WsChannel::fromEnv(baseUrl: 'no address'));
    }
}

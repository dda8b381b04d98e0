<?php

declare(strict_types=1);

namespace Bankchannel\Tests;

use Bankchannel\Exception\BankchannelException;
use Bankchannel\Exception\InvalidInputException;
use Bankchannel\NextGenPsd2;
use Bankchannel\NextGenPsd2\Bank;
use Bankchannel\NextGenPsd2\Pkcs11Settings;
use Bankchannel\Secret;
use Bankchannel\SignatureRequest;
use Bankchannel\Tests\Support\Assertions;
use PHPUnit\Framework\TestCase;

/** Requests to a NextGenPSD2 bank with an external key: calls whose signer fails or is missing. */
final class Psd2SignerTest extends TestCase
{
    use Assertions;

    /** The prefix of a SHA-256 digest in a PKCS #1 v1.5 signature (RFC 8017 §9.2). */
    private const NAME = '3031300d060960864801650304020105000420';

    public function testASignerThatFailsAtALaterAttemptDoesNotHideTheFirst(): void
    {
        if (!\function_exists('openssl_private_encrypt')) {
            self::markTestSkipped('the extension openssl is not there');
        }
        $bank = new Bank(control: true);
        $key = (string) file_get_contents($bank->privateKeyFile);
        $calls = 0;
        $second = static fn (): mixed => null;
        $signer = static function (SignatureRequest $request) use (&$calls, &$second, $key): mixed {
            if (++$calls > 1) {
                return $second();
            }
            self::assertSame([SignatureRequest::RSA_PKCS1_SHA256, 64], [$request->algorithm, \strlen($request->keyFingerprint)]);
            openssl_private_encrypt(hex2bin(self::NAME) . $request->digest, $signature, $key, OPENSSL_PKCS1_PADDING);

            return $signature;
        };
        $tpp = self::party($bank, $signer);
        self::failNext($bank);
        $error = self::thrown(InvalidInputException::class, static fn () => $tpp->getAccounts(psuId: 'psu-7f3a91'));
        self::assertSame([2, 'signer', 'unknown'], [$calls, $error->context['field'], $error->outcome]);

        $calls = 0;
        $second = static fn (): mixed => throw new \DomainException('the card was pulled');
        self::failNext($bank);
        $error = self::thrown(\DomainException::class, static fn () => $tpp->getAccounts(psuId: 'psu-7f3a91'));
        $ended = $error->getPrevious();
        self::assertInstanceOf(BankchannelException::class, $ended);
        self::assertSame(['the card was pulled', 'unknown'], [$error->getMessage(), $ended->outcome]);

        $error = self::thrown(InvalidInputException::class, static fn () => self::party($bank, null)->getAccounts(psuId: 'psu-7f3a91'));
        self::assertSame(['input.missing_field', 'signature', 'not_sent'], [$error->errorCode, $error->context['field'], $error->outcome]);
    }

    public function testAPinIsNotShownAndMayBeElsewhere(): void
    {
        $pkcs11 = new Pkcs11Settings(module: '/no/such/module.so', token: 'tpp', key: 'qseal', pin: '271828');
        ob_start();
        var_dump($pkcs11);
        $shown = ob_get_clean() . print_r($pkcs11, true) . var_export($pkcs11, true) . json_encode($pkcs11);
        self::assertStringContainsString('qseal', $shown);
        self::assertStringNotContainsString('271828', $shown);
        self::thrown(\LogicException::class, static fn () => serialize($pkcs11));

        $elsewhere = new Pkcs11Settings(module: '/no/such/module.so', token: 'tpp', key: 'qseal', pin: Secret::env('NO_SUCH_PIN'));
        $error = self::thrown(BankchannelException::class, static fn () => new NextGenPsd2(pkcs11: $elsewhere));
        self::assertStringContainsString('NO_SUCH_PIN', $error->getMessage());
        $error = self::thrown(BankchannelException::class, static fn () => new NextGenPsd2(pkcs11: $pkcs11));
        self::assertStringContainsString('/no/such/module.so', $error->getMessage());
    }

    private static function party(Bank $bank, ?callable $signer): NextGenPsd2
    {
        $settings = $bank->clientSettings();
        unset($settings['privateKeyFile']);

        return new NextGenPsd2(...$settings, signer: $signer);
    }

    private static function failNext(Bank $bank): void
    {
        $body = (string) json_encode(['operation' => 'get_accounts', 'status' => 503, 'count' => 1]);
        $context = stream_context_create(['http' => ['method' => 'POST', 'content' => $body, 'header' => 'Content-Type: application/json']]);
        self::assertNotFalse(file_get_contents("{$bank->controlUrl}/fail_next", false, $context));
    }
}

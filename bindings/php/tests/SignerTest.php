<?php

declare(strict_types=1);

namespace Bankchannel\Tests;

use Bankchannel\Exception\BankchannelException;
use Bankchannel\Exception\InvalidInputException;
use Bankchannel\Exception\SignatureException;
use Bankchannel\SignatureRequest;
use Bankchannel\Tests\Support\Account;
use Bankchannel\Tests\Support\Assertions;
use Bankchannel\Tests\Support\OpenPgp;
use Bankchannel\WsChannel\SignatureHash;
use PHPUnit\Framework\TestCase;

/** A payment signed by an external key. */
final class SignerTest extends TestCase
{
    use Assertions;

    public function testAnEd25519KeyOfTheUsersOwnSigns(): void
    {
        if (!function_exists('sodium_crypto_sign_detached')) {
            self::markTestSkipped('the extension sodium is not there');
        }
        $account = Account::seeded('signer@example.test');
        $seed = OpenPgp::ed25519Seed($account->key->privateKey);
        $secret = sodium_crypto_sign_secretkey(sodium_crypto_sign_seed_keypair($seed));
        $asked = [];
        $signer = static function (SignatureRequest $request) use (&$asked, $secret): string {
            $asked[] = $request;

            return sodium_crypto_sign_detached($request->digest, $secret);
        };
        $upload = ['content' => Account::payment(), 'fileName' => 'payment.xml', 'fileType' => 'pain.001.001.09', 'signingCertificate' => $account->key->publicKey];
        $client = $account->client();
        self::assertNotSame('', $client->signAndUpload(...$upload, signer: $signer)->responseText);
        self::assertSame([SignatureRequest::ED25519, strtolower($account->key->fingerprint)], [$asked[0]->algorithm, strtolower($asked[0]->keyFingerprint)]);
        self::assertContains(strlen($asked[0]->digest), [32, 48, 64]);

        // The client's own signer is used by calls that have none.
        self::assertNotSame('', $account->client(signer: $signer)->signAndUpload(...$upload)->responseText);

        $error = self::thrown(SignatureException::class, static fn () => $client->signAndUpload(...$upload, signer: static fn () => str_repeat('x', 64)));
        self::assertSame('not_sent', $error->outcome);
        self::thrown(BankchannelException::class, static fn () => $client->signAndUpload(...$upload, signer: static fn () => ''));
        $error = self::thrown(InvalidInputException::class, static fn () => $client->signAndUpload(...$upload));
        self::assertStringContainsString('signer', $error->getMessage());
        self::assertSame(['not_sent', 'ws_channel.sign_and_upload'], [$error->outcome, $error->operation]);
        $error = self::thrown(\DomainException::class, static fn () => $client->signAndUpload(...$upload, signer: static fn () => throw new \DomainException('the card was pulled')));
        self::assertSame('the card was pulled', $error->getMessage());
        self::thrown(InvalidInputException::class, static fn () => $client->signAndUpload(...$upload, signer: static fn () => 42));
    }

    public function testAnRsaKeyOfOpensslsSigns(): void
    {
        if (!\function_exists('openssl_private_encrypt')) {
            self::markTestSkipped('the extension openssl is not there');
        }
        $data = \dirname(__DIR__, 3) . '/tests/scenarios/data/elsewhere-rsa';
        $certificate = (string) file_get_contents("{$data}.certificate.asc");
        $key = openssl_pkey_get_private((string) file_get_contents("{$data}.key.pem"));
        self::assertNotFalse($key);
        $account = Account::seeded('rsa@example.test', ['pgp_keys' => [['key' => $certificate]]]);
        // Signs a digest like a hardware module: PKCS #1 v1.5 over the prefix of its hash and the digest itself.
        $names = [
            SignatureRequest::RSA_PKCS1_SHA256 => '3031300d060960864801650304020105000420',
            SignatureRequest::RSA_PKCS1_SHA384 => '3041300d060960864801650304020205000430',
            SignatureRequest::RSA_PKCS1_SHA512 => '3051300d060960864801650304020305000440',
        ];
        foreach (SignatureHash::cases() as $hash) {
            $algorithm = '';
            $client = $account->client(signer: static function (SignatureRequest $request) use ($key, $names, &$algorithm): string {
                $algorithm = $request->algorithm;
                openssl_private_encrypt(hex2bin($names[$request->algorithm]) . $request->digest, $signature, $key, OPENSSL_PKCS1_PADDING);

                return $signature;
            });
            $sent = $client->signAndUpload(content: Account::payment(), fileName: "{$hash->value}.xml", fileType: 'pain.001.001.09', signingCertificate: $certificate, hash: $hash);
            self::assertNotSame('', $sent->responseText);
            self::assertArrayHasKey($algorithm, $names);
        }
    }
}

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
use PHPUnit\Framework\TestCase;

/** A payment signed by a key that the library never sees. */
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

        // The client's own signer serves the calls that have none.
        self::assertNotSame('', $account->client(signer: $signer)->signAndUpload(...$upload)->responseText);

        $error = self::thrown(SignatureException::class, static fn () => $client->signAndUpload(...$upload, signer: static fn () => str_repeat('x', 64)));
        self::assertSame('not_sent', $error->outcome);
        self::thrown(BankchannelException::class, static fn () => $client->signAndUpload(...$upload, signer: static fn () => ''));
        $error = self::thrown(InvalidInputException::class, static fn () => $client->signAndUpload(...$upload));
        self::assertStringContainsString('signer', $error->getMessage());
        $error = self::thrown(\DomainException::class, static fn () => $client->signAndUpload(...$upload, signer: static fn () => throw new \DomainException('the card was pulled')));
        self::assertSame('the card was pulled', $error->getMessage());
        self::thrown(InvalidInputException::class, static fn () => $client->signAndUpload(...$upload, signer: static fn () => 42));
    }
}

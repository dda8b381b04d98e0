<?php

declare(strict_types=1);

namespace Bankchannel;

/**
 * A request for a signature by an external key: in a hardware module, a smart card, an agent.
 *
 * A `signer` gets this and returns the raw signature's bytes. With RSA that is PKCS #1 v1.5 over the digest, as long as
 * the modulus; with Ed25519 it is the 64 bytes of a signature whose message is the digest. The library verifies it
 * against the certificate before anything is sent.
 */
final class SignatureRequest
{
    public const RSA_PKCS1_SHA256 = 'rsa_pkcs1_sha256';
    public const RSA_PKCS1_SHA384 = 'rsa_pkcs1_sha384';
    public const RSA_PKCS1_SHA512 = 'rsa_pkcs1_sha512';
    public const ED25519 = 'ed25519';

    /**
     * @param string $algorithm      one of the constants of this class
     * @param string $digest         the digest to sign, as bytes
     * @param string $keyFingerprint the key that must sign, in upper-case hex. WS Channel: the fingerprint of the
     * OpenPGP key or
     *                               subkey, 40 digits. NextGenPSD2: SHA-256 of the QSEAL certificate (DER), 64 digits
     */
    public function __construct(
        public readonly string $algorithm,
        public readonly string $digest,
        public readonly string $keyFingerprint,
    ) {
    }
}

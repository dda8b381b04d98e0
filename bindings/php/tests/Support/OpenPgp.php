<?php

declare(strict_types=1);

namespace Bankchannel\Tests\Support;

/** Parses an unprotected key (RFC 9580 §5.5), to act as the hardware module that holds it. */
final class OpenPgp
{
    /** The 32 bytes of a version 4 EdDSA primary key's secret. */
    public static function ed25519Seed(string $armored): string
    {
        $body = self::firstPacket($armored);
        if ($body[0] === "\x06" && $body[5] === "\x1b") {
            // Version 6: a length of the public part, which is 32 bytes; S2K usage 0; 32 bytes.
            return substr($body, 6 + 4 + 32 + 1, 32);
        }
        if ($body[5] === "\x1b") {
            return substr($body, 6 + 32 + 1, 32);
        }
        // Algorithm 22: the curve's name, the public point, S2K usage 0, the secret number.
        $at = 6 + 1 + ord($body[6]);
        $at += 2 + self::bytes($body, $at) + 1;
        $size = self::bytes($body, $at);

        return str_pad(substr($body, $at + 2, $size), 32, "\0", STR_PAD_LEFT);
    }

    /** The number of bytes of a number with this many bits. */
    private static function bytes(string $body, int $at): int
    {
        return intdiv(((array) unpack('n', $body, $at))[1] + 7, 8);
    }

    private static function firstPacket(string $armored): string
    {
        preg_match('/\n\n(.*?)\n(?:=|-----END)/s', str_replace("\r", '', $armored), $match);
        $data = (string) base64_decode($match[1], false);
        $length = ord($data[1]);

        return $length < 192 ? substr($data, 2, $length) : substr($data, 3, (($length - 192) << 8) + ord($data[2]) + 192);
    }
}

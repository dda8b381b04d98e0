<?php

declare(strict_types=1);

namespace Bankchannel;

use Bankchannel\Exception\BankchannelException;

/**
 * PHP's values as the library's JSON has them.
 *
 * @internal
 */
final class Encode
{
    public static function date(\DateTimeInterface $date): string
    {
        return $date->format('Y-m-d');
    }

    public static function timestamp(\DateTimeInterface $time): string
    {
        return $time->format('Y-m-d\TH:i:s.vP');
    }

    /** @return string|array<string, string> */
    public static function secret(#[\SensitiveParameter] string|Secret $secret): string|array
    {
        return $secret instanceof Secret ? $secret->toArray() : $secret;
    }

    /**
     * The fields that are set.
     *
     * @param array<string, mixed> $fields
     *
     * @return array<string, mixed>
     */
    public static function present(#[\SensitiveParameter] array $fields): array
    {
        return array_filter($fields, static fn (mixed $value): bool => $value !== null);
    }

    /**
     * A JSON object.
     *
     * @param array<string, mixed> $fields
     *
     * @throws BankchannelException
     */
    public static function json(#[\SensitiveParameter] array $fields): string
    {
        try {
            return json_encode((object) $fields, JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_PRESERVE_ZERO_FRACTION);
        } catch (\JsonException $why) {
            // Its previous exception could carry the values: a secret among them.
            throw BankchannelException::invalidInput('request', 'cannot be written as JSON: ' . $why->getMessage());
        }
    }
}

<?php

declare(strict_types=1);

namespace Bankchannel;

use Bankchannel\Exception\BankchannelException;
use Bankchannel\Exception\InvalidInputException;

/**
 * Converts PHP's values to the library's JSON.
 *
 * @internal
 */
final class Encode
{
    private const FLAGS = JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_PRESERVE_ZERO_FRACTION;

    public static function date(\DateTimeInterface $date): string
    {
        return $date->format('Y-m-d');
    }

    public static function timestamp(\DateTimeInterface $time): string
    {
        return $time->format('Y-m-d\TH:i:s.vP');
    }

    /** An enum value, or its text; the library checks whether the name exists. */
    public static function name(\BackedEnum|string|null $name): ?string
    {
        return $name instanceof \BackedEnum ? (string) $name->value : $name;
    }

    /** @return string|array<string, string> */
    public static function secret(#[\SensitiveParameter] string|Secret $secret): string|array
    {
        return $secret instanceof Secret ? $secret->given() : $secret;
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
        foreach ($fields as $name => $value) {
            if ($value === null) {
                unset($fields[$name]);
            }
        }

        return $fields;
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
        if (\in_array(null, $fields, true)) {
            $fields = self::present($fields);
        }
        // Without fields the array would be encoded as a list; any other list is refused by the library.
        $json = $fields === [] ? '{}' : \json_encode($fields, self::FLAGS);

        return $json === false ? throw self::unwritable($fields, json_last_error_msg()) : $json;
    }

    /**
     * The library's answer, decoded.
     *
     * @return array<string, mixed>
     */
    public static function decoded(string $json): array
    {
        /** @var array<string, mixed> */
        return (array) json_decode($json, true, 512, JSON_BIGINT_AS_STRING);
    }

    /** @param array<string, mixed> $fields */
    private static function unwritable(#[\SensitiveParameter] array $fields, string $why): InvalidInputException
    {
        foreach ($fields as $name => $value) {
            if (json_encode($value, self::FLAGS) === false) {
                return BankchannelException::invalidMember((string) $name, "cannot be written as JSON: {$why}");
            }
        }

        return BankchannelException::invalidInput('request', "cannot be written as JSON: {$why}");
    }
}

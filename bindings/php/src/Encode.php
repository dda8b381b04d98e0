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

    /**
     * An exact number, which is a string: without `strict_types` PHP would make 1 of `true`, and round a float.
     *
     * @throws InvalidInputException
     */
    public static function decimal(string $field, string|int|float|bool $number): string
    {
        return \is_string($number) ? $number : throw BankchannelException::invalidInput($field, "must be a string, such as '12.50', not " . get_debug_type($number));
    }

    /**
     * A path, as text or as PHP's own object. An open file is refused.
     *
     * @throws BankchannelException
     */
    public static function path(string $field, string|\SplFileInfo $path): string
    {
        return Content::pathOf($field, $path);
    }

    /**
     * A folder or the address of a database.
     *
     * @return string|array<string, string>
     */
    public static function store(string $field, #[\SensitiveParameter] string|Secret|\SplFileInfo $store): string|array
    {
        return $store instanceof \SplFileInfo ? self::path($field, $store) : self::secret($store);
    }

    /** The bytes of base64 text from the library. */
    public static function bytes(string $base64): string
    {
        return (string) base64_decode($base64, true);
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
        $place = self::placeOf($fields);

        return $place === ''
            ? BankchannelException::invalidInput('request', "cannot be written as JSON: {$why}")
            : BankchannelException::invalidMember($place, "cannot be written as JSON: {$why}");
    }

    /**
     * The place of the first value that is unwritable, such as `transactions[777].creditor.name`.
     *
     * @param array<int|string, mixed> $values
     */
    private static function placeOf(#[\SensitiveParameter] array $values, string $place = '', int $depth = 0): string
    {
        foreach ($values as $name => $value) {
            if ($depth < 32 && json_encode($value, self::FLAGS) === false) {
                // A name that is not UTF-8 itself is not repeated.
                $named = \is_int($name) ? "[{$name}]" : (preg_match('/^\\w{1,64}$/D', $name) === 1 ? ($place === '' ? $name : ".{$name}") : '');
                $inner = \is_object($value) ? get_object_vars($value) : $value;

                return \is_array($inner) ? self::placeOf($inner, $place . $named, $depth + 1) : $place . $named;
            }
        }

        return $place;
    }
}

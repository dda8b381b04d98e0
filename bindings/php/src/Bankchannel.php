<?php

declare(strict_types=1);

namespace Bankchannel;

use Bankchannel\Bridge\Bridge;
use Bankchannel\Bridge\FfiBridge;
use Bankchannel\Exception\BankchannelException;

/** The library itself. */
final class Bankchannel
{
    private static ?Bridge $bridge = null;

    /**
     * The native library's version, such as `0.1.0`.
     *
     * @throws BankchannelException when the library cannot be used; the message says what to install or set.
     */
    public static function version(): string
    {
        return FfiBridge::shared()->version();
    }

    /**
     * Every operation.
     *
     * @return list<array<string, mixed>>
     *
     * @throws BankchannelException
     */
    public static function catalogue(): array
    {
        return array_values((array) json_decode(FfiBridge::shared()->catalogue(), true));
    }

    /**
     * Runs a local operation, without a client.
     *
     * @param array<string, mixed>                      $request
     * @param Content|string|\SplFileInfo|null          $content a string is a path
     *
     * @return array<string, mixed>
     *
     * @throws BankchannelException
     */
    public static function local(string $name, #[\SensitiveParameter] array $request = [], Content|string|\SplFileInfo|null $content = null): array
    {
        $bridge = self::$bridge ??= FfiBridge::shared();
        try {
            $json = $bridge->compute(null, $name, Encode::json($request), $content === null ? null : Content::of($content)?->held()->place());
        } catch (BankchannelException $error) {
            throw $error->byName();
        }

        /** @var array<string, mixed> */
        return \json_decode($json, true, 512, JSON_BIGINT_AS_STRING);
    }

    /**
     * The same for the typed functions: errors name fields as their parameters.
     *
     * @internal
     *
     * @param array<string, mixed> $request
     *
     * @return array<string, mixed>
     *
     * @throws BankchannelException
     */
    public static function compute(string $name, #[\SensitiveParameter] array $request, ?Content $content = null): array
    {
        $bridge = self::$bridge ??= FfiBridge::shared();
        try {
            $json = $bridge->compute(null, $name, Encode::json($request), $content?->held()->place());
        } catch (BankchannelException $error) {
            throw $error->named();
        }

        /** @var array<string, mixed> */
        return \json_decode($json, true, 512, JSON_BIGINT_AS_STRING);
    }
}

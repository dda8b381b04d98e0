<?php

declare(strict_types=1);

namespace Bankchannel;

/**
 * PHP's environment, in the order of the lookup: `$_SERVER`, the parameters of the web server (FastCGI) and the
 * process's own variables (`getenv`), `$_ENV`. If a name is set to an empty text, the next place is checked.
 *
 * Names that begin with `HTTP_` are headers of a request in `$_SERVER`: the sender of the request controls them, so
 * they are not accepted as variables.
 *
 * @internal
 */
final class Environment
{
    public static function get(string $name): ?string
    {
        if (str_starts_with($name, 'HTTP_')) {
            return null;
        }
        foreach ([$_SERVER[$name] ?? null, $name === '' ? null : self::ofProcess($name), $_ENV[$name] ?? null] as $value) {
            if (\is_string($value) && $value !== '') {
                return $value;
            }
        }

        return null;
    }

    /** A variable of the process. A hardened php.ini may disable `getenv`: then PHP's copies are all there is. */
    public static function ofProcess(string $name): ?string
    {
        $value = \function_exists('getenv') ? getenv($name) : ($_SERVER[$name] ?? $_ENV[$name] ?? null);

        return \is_string($value) ? $value : null;
    }

    /** @return array<string, string> the variables whose names have this prefix; a text is empty if the variable is set and empty */
    public static function startingWith(string $prefix): array
    {
        $found = [];
        foreach ([$_SERVER, \function_exists('getenv') ? getenv() : [], $_ENV] as $place) {
            foreach (array_keys($place) as $name) {
                if (\is_string($name) && str_starts_with($name, $prefix) && !isset($found[$name])) {
                    $found[$name] = self::get($name) ?? '';
                }
            }
        }

        return $found;
    }
}

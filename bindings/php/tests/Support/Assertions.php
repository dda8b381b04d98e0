<?php

declare(strict_types=1);

namespace Bankchannel\Tests\Support;

use PHPUnit\Framework\Assert;

/** An assertion that PHPUnit lacks: it returns the exception itself. */
trait Assertions
{
    /**
     * @template T of \Throwable
     *
     * @param class-string<T> $class
     *
     * @return T
     */
    private static function thrown(string $class, callable $body): \Throwable
    {
        try {
            $body();
        } catch (\Throwable $error) {
            Assert::assertInstanceOf($class, $error, "{$error->getMessage()}\n{$error->getTraceAsString()}");

            return $error;
        }
        Assert::fail("no {$class} was thrown");
    }
}

<?php

declare(strict_types=1);

namespace Bankchannel\Tests;

use Bankchannel\NextGenPsd2;
use Bankchannel\SaltEdgeConnector;
use Bankchannel\SaltEdgeHub;
use PHPUnit\Framework\TestCase;

/** A type that several protocols have is one class under several names. */
final class SharedTypesTest extends TestCase
{
    public function testAnObjectIsOfItsTypeUnderEachName(): void
    {
        $takes = static fn (SaltEdgeConnector\HeaderField $header): string => $header->name;
        self::assertSame('Date', $takes(new NextGenPsd2\HeaderField(name: 'Date', value: 'today')));
        self::assertInstanceOf(NextGenPsd2\HeaderField::class, new SaltEdgeConnector\HeaderField(name: 'a', value: 'b'));
        self::assertSame(SaltEdgeConnector\AccountNature::Checking, SaltEdgeHub\AccountNature::Checking);
    }

    /** In a process of its own, so that no other test has loaded the type. */
    public function testTheOtherNameIsFoundFirstToo(): void
    {
        $autoload = var_export(\dirname(__DIR__) . '/src/autoload.php', true);
        $code = "require {$autoload}; echo (new Bankchannel\\SaltEdgeHub\\Pkcs11Settings(module: 'm', token: 't', key: 'k'))::class;";
        $shown = shell_exec(escapeshellarg(PHP_BINARY) . ' -r ' . escapeshellarg($code));
        self::assertSame(NextGenPsd2\Pkcs11Settings::class, $shown);
    }

    /** Each other name stands for the type that declares it. */
    public function testEveryNameIsDeclared(): void
    {
        $list = (string) file_get_contents(\dirname(__DIR__) . '/src/Generated/aliases.php');
        $found = preg_match_all("/'([^']+)' => \\\\([\\w\\\\]+)::class/", $list, $pairs, PREG_SET_ORDER);
        self::assertGreaterThan(0, $found);
        foreach ($pairs as [, $alias, $type]) {
            self::assertTrue(class_exists($type) && (new \ReflectionClass(stripslashes($alias)))->getName() === $type, $alias);
        }
    }
}

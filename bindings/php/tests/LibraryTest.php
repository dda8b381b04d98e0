<?php

declare(strict_types=1);

namespace Bankchannel\Tests;

use Bankchannel\Bankchannel;
use Bankchannel\Bridge\FfiBridge;
use Bankchannel\ErrorCode;
use Bankchannel\Iso20022;
use Bankchannel\NextGenPsd2;
use Bankchannel\SaltEdgeConnector;
use Bankchannel\SaltEdgeHub;
use Bankchannel\Secret;
use Bankchannel\SepaWebServices;
use Bankchannel\Tests\Support\Assertions;
use Bankchannel\WsChannel;
use PHPUnit\Framework\TestCase;

/** The library itself, and that it matches the package. */
final class LibraryTest extends TestCase
{
    use Assertions;

    public function testItHasAVersionAndACatalogue(): void
    {
        self::assertMatchesRegularExpression('/^\d+\.\d+\.\d+$/', Bankchannel::version());
        self::assertContains('ws_channel.list_files', array_column(Bankchannel::catalogue(), 'name'));
    }

    public function testEveryOperationHasATypedMethod(): void
    {
        // A module of functions is a class of static methods.
        $classes = ['ws_channel' => WsChannel::class, 'nextgen_psd2' => NextGenPsd2::class, 'iso20022' => Iso20022::class, 'sepa_web_services' => SepaWebServices::class, 'salt_edge_connector' => SaltEdgeConnector::class, 'salt_edge_hub' => SaltEdgeHub::class];
        $clients = array_map('get_class_methods', $classes);
        foreach (Bankchannel::catalogue() as $operation) {
            [$protocol, $name] = explode('.', $operation['name']);
            $methods = $clients[$protocol];
            $name = str_replace('_', '', ucwords($name, '_'));
            self::assertTrue(in_array(lcfirst($name), $methods, true) || in_array("exchange{$name}", $methods, true), $operation['name']);
        }
    }

    public function testTheConstantsAreThoseOfTheHeader(): void
    {
        $header = (string) file_get_contents(__DIR__ . '/../bankchannel.h');
        foreach (['Status' => 'STATUS', 'Reply' => 'REPLY', 'Place' => 'CONTENT'] as $class => $enum) {
            $constants = (new \ReflectionClass("Bankchannel\\Bridge\\{$class}"))->getConstants();
            self::assertSame(count($constants), preg_match_all("/BANKCHANNEL_{$enum}_(\\w+) = (\\d+)/", $header, $found));
            foreach (array_combine($found[1], $found[2]) as $name => $number) {
                self::assertSame((int) $number, $constants[$name], "{$enum}_{$name}");
            }
        }
    }

    public function testEveryCodeOfTheErrorTableIsAConstant(): void
    {
        $codes = (new \ReflectionClass(ErrorCode::class))->getConstants();
        foreach (Bankchannel::catalogue() as $operation) {
            foreach ($operation['errors'] as $code) {
                self::assertContains($code, $codes);
            }
        }
    }

    public function testEveryClassOfThePackageLoads(): void
    {
        // Simulates a server's preload; a class that cannot be declared would stop PHP completely there.
        require __DIR__ . '/../preload.php';
        self::assertTrue(class_exists(FfiBridge::class, false));
        self::assertTrue(class_exists('Bankchannel\Bridge\Elf', false));
    }

    public function testHandlesCannotBeSerializedOrCloned(): void
    {
        self::thrown(\Throwable::class, static fn () => serialize(new WsChannel()));
        $handle = FfiBridge::shared()->openClient('{}');
        self::thrown(\Error::class, static fn () => clone $handle);
        self::thrown(\LogicException::class, static fn () => serialize($handle));
    }

    public function testResultsCannotBeChanged(): void
    {
        $key = (new WsChannel())->generateKey(name: 'Test Person', email: 'test@example.test');
        self::thrown(\Error::class, static function () use ($key): void {
            $key->publicKey = 'another'; // @phpstan-ignore assign.propertyReadOnly
        });
    }

    public function testAClientThatIsGoneFreesWhatItHeld(): void
    {
        new WsChannel();
        $before = self::memory();
        for ($i = 0; $i < 300; ++$i) {
            $client = new WsChannel(email: 'test@example.test', password: Secret::env('PATH'));
            unset($client);
        }
        self::assertLessThan(4 << 20, self::memory() - $before);
    }

    private static function memory(): int
    {
        preg_match('/VmRSS:\s+(\d+)/', (string) file_get_contents('/proc/self/status'), $found);

        return 1024 * (int) $found[1];
    }
}

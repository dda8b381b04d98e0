<?php

declare(strict_types=1);

namespace Bankchannel\Tests;

use Bankchannel\AbstractClient;
use Bankchannel\Bankchannel;
use Bankchannel\Exception\BankchannelException;
use Bankchannel\Exception\InternalException;
use Bankchannel\Exception\InvalidInputException;
use Bankchannel\Exception\TimedOutException;
use Bankchannel\Question;
use Bankchannel\Tests\Support\Assertions;
use PHPUnit\Framework\TestCase;

/**
 * Panics and errors on demand, from the build that has operations for them (tests/testing-build): run with
 * BANKCHANNEL_LIBRARY set to that library.
 *
 * @group testing
 */
final class TestingBuildTest extends TestCase
{
    use Assertions;

    private static AbstractClient $client;

    public static function setUpBeforeClass(): void
    {
        self::assertContains('toy.echo', array_column(Bankchannel::catalogue(), 'name'), 'BANKCHANNEL_LIBRARY names the testing build');
        self::$client = new class () extends AbstractClient {
            public function __construct()
            {
                parent::__construct('toy', [], null, null, null, null, null);
            }
        };
    }

    public function testTextPassesUnchanged(): void
    {
        foreach (['', 'plain', "\0 NUL inside \0", 'Ääkköset 🏦 "quoted" \\ / </script>', str_repeat('x', 1 << 20), "line\r\nline\u{2028}"] as $text) {
            self::assertSame(['text' => $text], Bankchannel::local('toy.echo', ['text' => $text]));
            self::assertSame([['text' => $text], null], self::$client->call('toy.echo', ['text' => $text]));
        }
    }

    public function testAPanicIsAnErrorAndTheLibraryWorksOn(): void
    {
        foreach (['toy.panic', 'toy.panic_later'] as $name) {
            for ($i = 0; $i < 20; ++$i) {
                $error = self::thrown(InternalException::class, static fn () => self::$client->call($name));
                self::assertStringStartsWith('internal', $error->errorCode);
            }
        }
        self::thrown(InternalException::class, static fn () => Bankchannel::local('toy.panic'));
        // In steps, too.
        self::thrown(InternalException::class, static fn () => self::$client->call('toy.panic_later', onCode: static fn () => ''));
        self::assertSame(['text' => 'alive'], Bankchannel::local('toy.echo', ['text' => 'alive']));
    }

    public function testEveryErrorOfTheTableArrivesWhole(): void
    {
        $categories = [];
        foreach ((new \ReflectionClass(\Bankchannel\ErrorCode::class))->getConstants() as $code) {
            foreach (['toy.fail', 'toy.fail_later'] as $name) {
                $error = self::thrown(BankchannelException::class, static fn () => self::$client->call($name, ['code' => $code]));
                self::assertSame([$code, 'yes'], [$error->errorCode, $error->context['planted'] ?? null]);
                self::assertSame($name, $error->operation);
                $categories[$error::class] = true;
            }
        }
        self::assertGreaterThan(10, \count($categories));
    }

    public function testAQuestionIsAnswered(): void
    {
        $asked = null;
        [$response] = self::$client->call('toy.ask', ['text' => 'What is it?'], onCode: static function (Question $question) use (&$asked): string {
            $asked = $question;

            return 'this';
        });
        self::assertSame('this', $response['text']);
        self::assertSame('What is it?', $asked?->text);
        self::thrown(InvalidInputException::class, static fn () => self::$client->call('toy.ask', ['text' => 'x']));
    }

    public function testADeadlineEndsAFlow(): void
    {
        self::assertSame('slept', self::$client->call('toy.sleep', ['ms' => 5])[0]['text']);
        $begun = microtime(true);
        self::thrown(TimedOutException::class, static fn () => self::$client->call('toy.sleep', ['ms' => 60000], timeout: 0.05));
        self::thrown(TimedOutException::class, static fn () => self::$client->call('toy.sleep', ['ms' => 60000], timeout: 0));
        self::assertLessThan(5, microtime(true) - $begun);
    }

    public function testThisBuildIsNeverPacked(): void
    {
        $folder = Support\Scratch::folder();
        symlink((string) realpath((string) getenv('BANKCHANNEL_LIBRARY')), "{$folder}/libbankchannel_c.so");
        [$printed, $code] = (new Support\Program([\dirname(__DIR__) . '/package.sh', '--from', $folder, '--output', "{$folder}/packages"]))->end();
        self::assertSame(2, $code, $printed);
        self::assertStringContainsString('testing build', $printed);
        self::assertDirectoryDoesNotExist("{$folder}/packages");
    }

    public function testAnAddedOperationHasItsTypedMethodWithoutALineByHand(): void
    {
        $faces = \dirname((string) getenv('BANKCHANNEL_LIBRARY')) . '/faces/bindings/php/src/Generated';
        self::assertDirectoryExists($faces, 'tests/testing-build writes the faces of its catalogue');
        // The package's own hand-written classes with the generated ones of another catalogue.
        [$printed, $code] = Support\Program::php(
            "spl_autoload_register(static function (string \$class): void {
                \$file = '{$faces}/' . str_replace(['Bankchannel\\\\', '\\\\'], ['', '/'], \$class) . '.php';
                is_file(\$file) && require \$file;
            }, prepend: true);
            echo (new Bankchannel\\Toy())->echo(text: 'typed')->text;",
        );
        self::assertSame(['typed', 0], [$printed, $code]);
    }
}

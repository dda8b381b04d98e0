<?php

declare(strict_types=1);

namespace Bankchannel\Tests;

use Bankchannel\Tests\Support\Program;
use PhpParser\Node;
use PhpParser\NodeFinder;
use PhpParser\ParserFactory;
use PHPUnit\Framework\TestCase;

/** The files of the package. */
final class PackageTest extends TestCase
{
    /** @dataProvider files */
    public function testEveryFileIsPhp(string $file): void
    {
        self::assertStringContainsString('No syntax errors', Program::must(PHP_BINARY, '-l', $file));
    }

    /** @dataProvider files */
    public function testNoFileNeedsALaterPhpThan81(string $file): void
    {
        if (!class_exists(ParserFactory::class) && is_file('/usr/share/php/PhpParser/autoload.php')) {
            require_once '/usr/share/php/PhpParser/autoload.php';
        }
        $nodes = (new ParserFactory())->create(ParserFactory::ONLY_PHP7)->parse((string) file_get_contents($file)) ?? [];
        $later = (new NodeFinder())->find($nodes, static function (Node $node): bool {
            $type = match (true) {
                $node instanceof Node\FunctionLike => $node->getReturnType(),
                $node instanceof Node\Param, $node instanceof Node\Stmt\Property => $node->type,
                default => null,
            };

            return match (true) {
                // 8.2: readonly classes, constants in traits, null, false and true as standalone types, A|(B&C).
                $node instanceof Node\Stmt\Class_ => $node->isReadonly(),
                $node instanceof Node\Stmt\Trait_ => $node->getConstants() !== [],
                $type instanceof Node\Identifier => \in_array($type->toLowerString(), ['null', 'false', 'true'], true),
                $node instanceof Node\UnionType => array_filter($node->types, static fn (Node $one): bool => $one instanceof Node\IntersectionType) !== [],
                // 8.3: typed constants, dynamic access to constants.
                $node instanceof Node\Stmt\ClassConst => isset($node->type),
                $node instanceof Node\Expr\ClassConstFetch => $node->name instanceof Node\Expr,
                default => false,
            };
        });
        self::assertSame([], array_map(static fn (Node $node): string => $node->getType() . " in line {$node->getLine()}", $later));
    }

    public function testComposerSaysWhatIsNeeded(): void
    {
        $composer = (array) json_decode((string) file_get_contents(__DIR__ . '/../composer.json'), true, 512, JSON_THROW_ON_ERROR);
        self::assertSame(['php' => '>=8.1', 'ext-ffi' => '*', 'ext-json' => '*'], $composer['require']);
        foreach ($composer['autoload']['psr-4'] as $folders) {
            foreach ($folders as $folder) {
                self::assertDirectoryExists(__DIR__ . "/../{$folder}");
            }
        }
    }

    public function testTheCommandSaysWhyItCannotStart(): void
    {
        $command = \dirname(__DIR__) . '/bin/bankchannel';
        [$said, $code] = (new Program([PHP_BINARY, '-d', 'ffi.enable=0', $command, '--version']))->end();
        self::assertSame([1, 'error: '], [$code, substr($said, 0, 7)]);
        self::assertStringContainsString('`ffi.enable`', $said);
        [$said, $code] = (new Program([PHP_BINARY, $command, '--version'], ['BANKCHANNEL_LIBRARY' => '/nowhere']))->end();
        self::assertSame([1, 'error: '], [$code, substr($said, 0, 7)]);
        self::assertStringContainsString('/nowhere', $said);
        [$without] = (new Program([PHP_BINARY, '-n', '-m']))->end();
        if (!str_contains($without, 'FFI')) {
            [$said, $code] = (new Program([PHP_BINARY, '-n', $command, '--version']))->end();
            self::assertSame(1, $code);
            self::assertStringContainsString('the PHP extension ffi is not loaded', $said);
        }
    }

    /** @return iterable<string, array{string}> */
    public function files(): iterable
    {
        $root = \dirname(__DIR__);
        foreach (new \RecursiveIteratorIterator(new \RecursiveDirectoryIterator($root, \FilesystemIterator::SKIP_DOTS)) as $file) {
            if ($file instanceof \SplFileInfo && ($file->getExtension() === 'php' || $file->getPath() === "{$root}/bin")) {
                yield substr($file->getPathname(), \strlen($root) + 1) => [$file->getPathname()];
            }
        }
    }
}

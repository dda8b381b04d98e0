<?php

declare(strict_types=1);

namespace Bankchannel\Tests;

use Bankchannel\Bridge\SharedLibrary;
use Bankchannel\Tests\Support\Program;
use Bankchannel\Tests\Support\Scratch;
use PHPUnit\Framework\TestCase;

/** Each fault of an installation reports the fault and its remedy, in the order in which users meet them. */
final class DiagnosisTest extends TestCase
{
    private const ASK = <<<'PHP'
        try {
            echo Bankchannel\Bankchannel::version();
        } catch (Bankchannel\Exception\ConfigurationException $error) {
            echo $error->context['reason'], ': ', $error->getMessage();
        }
        PHP;

    public function testTheExtensionIsMissing(): void
    {
        // Without php.ini, and so without the extensions in separate files.
        $diagnosis = self::diagnosis([], ['-n']);
        if (!str_contains($diagnosis, 'ffi')) {
            self::markTestSkipped('FFI is built into this PHP');
        }
        self::assertStringStartsWith('ffi_missing: ', $diagnosis);
        self::assertStringContainsString('phpenmod ffi', $diagnosis);
    }

    public function testFfiIsSwitchedOff(): void
    {
        $diagnosis = self::diagnosis([], ['-d', 'ffi.enable=0']);
        self::assertStringStartsWith('ffi_disabled: ', $diagnosis);
        self::assertStringContainsString('ffi.enable=preload', $diagnosis);
    }

    public function testTheExtensionIsAskedForBeforeTheLibraryIs(): void
    {
        self::assertStringStartsWith('ffi_disabled: ', self::diagnosis(['BANKCHANNEL_LIBRARY' => '/no/such/file'], ['-d', 'ffi.enable=false']));
    }

    public function testTheNamedFileIsMissing(): void
    {
        $diagnosis = self::diagnosis(['BANKCHANNEL_LIBRARY' => '/no/such/file.so']);
        self::assertStringStartsWith('library_missing: ', $diagnosis);
        self::assertStringContainsString('/no/such/file.so', $diagnosis);
        self::assertStringStartsWith('library_missing: ', self::diagnosis(['BANKCHANNEL_LIBRARY' => sys_get_temp_dir()]));
    }

    public function testARelativePathIsRelativeToTheWorkingDirectory(): void
    {
        $library = (string) realpath((string) getenv('BANKCHANNEL_LIBRARY'));
        $before = 'chdir(' . var_export(\dirname($library), true) . "); require '" . \dirname(__DIR__) . "/src/autoload.php';";
        foreach ([basename($library), './' . basename($library)] as $relative) {
            self::assertMatchesRegularExpression('/^\d+\.\d+\.\d+$/', self::diagnosis(['BANKCHANNEL_LIBRARY' => $relative], [], $before));
        }
    }

    /** The system loads no library from inside of a phar. */
    public function testInAPhar(): void
    {
        $phar = Scratch::folder() . '/application.phar';
        $root = \dirname(__DIR__);
        $main = "<?php\nrequire __DIR__ . '/src/autoload.php';\n" . self::ASK;
        $build = '$phar = new Phar($argv[1]); $phar->buildFromDirectory($argv[2], "#/(src/.*|bankchannel\\.h)$#");'
            . '$phar["main.php"] = $argv[3]; $phar->setStub($phar->createDefaultStub("main.php"));';
        exec(implode(' ', array_map('escapeshellarg', [PHP_BINARY, '-d', 'phar.readonly=0', '-r', $build, $phar, $root, $main])) . ' 2>&1', $said, $code);
        self::assertSame(0, $code, implode("\n", $said));
        $run = static fn (string $library): string => (string) shell_exec('BANKCHANNEL_LIBRARY=' . escapeshellarg($library) . ' ' . escapeshellarg(PHP_BINARY) . ' -d ffi.enable=1 ' . escapeshellarg($phar) . ' 2>&1');
        $library = (string) realpath((string) getenv('BANKCHANNEL_LIBRARY'));
        self::assertMatchesRegularExpression('/^\d+\.\d+\.\d+$/', $run($library));
        self::assertStringStartsWith('library_missing: ', $diagnosis = $run(''));
        self::assertStringContainsString('beside the phar', $diagnosis);
        $beside = \dirname($phar) . '/libbankchannel.so';
        symlink($library, $beside);
        self::assertMatchesRegularExpression('/^\d+\.\d+\.\d+$/', $run(''));
    }

    public function testTheFileIsCutShort(): void
    {
        $library = (string) file_get_contents((string) getenv('BANKCHANNEL_LIBRARY'));
        foreach ([\strlen($library) >> 1, 100000, 200] as $length) {
            $diagnosis = self::diagnosis(['BANKCHANNEL_LIBRARY' => Scratch::file(substr($library, 0, $length))]);
            self::assertStringStartsWith('library_truncated: ', $diagnosis);
            self::assertStringContainsString("{$length} bytes", $diagnosis);
        }
    }

    public function testThePackageHasNoLibraryForThisPlatform(): void
    {
        $package = self::copy();
        $diagnosis = self::diagnosis(['BANKCHANNEL_LIBRARY' => ''], ['-d', 'ffi.enable=true'], "require '{$package}/src/autoload.php';");
        self::assertStringStartsWith('library_missing: ', $diagnosis);
        self::assertStringContainsString("{$package}/lib/", $diagnosis);
    }

    public function testThePackagesOwnLibraryIsFound(): void
    {
        $package = self::copy();
        $folder = "{$package}/lib/" . \Bankchannel\Bridge\Library::platform();
        mkdir($folder, 0700, true);
        symlink((string) getenv('BANKCHANNEL_LIBRARY'), "{$folder}/libbankchannel.so");
        self::assertMatchesRegularExpression('/^\d+\.\d+\.\d+$/', self::diagnosis(['BANKCHANNEL_LIBRARY' => ''], [], "require '{$package}/src/autoload.php';"));
    }

    public function testTheLibraryIsForAnotherMachine(): void
    {
        $library = (string) file_get_contents(self::compiled('int x;'));
        $library[18] = chr($library[18] === chr(62) ? 183 : 62);
        $diagnosis = self::diagnosis(['BANKCHANNEL_LIBRARY' => Scratch::file($library)]);
        self::assertStringStartsWith('library_wrong_platform: ', $diagnosis);
        self::assertStringContainsString('aarch64', $diagnosis);
        self::assertStringContainsString('x86_64', $diagnosis);
        $library[4] = "\x01";
        self::assertStringContainsString('32 bits', self::diagnosis(['BANKCHANNEL_LIBRARY' => Scratch::file($library)]));
        $diagnosis = self::diagnosis(['BANKCHANNEL_LIBRARY' => Scratch::file('this is text')]);
        self::assertStringStartsWith('library_wrong_platform: ', $diagnosis);
    }

    public function testTheLibraryIsForAnotherSystem(): void
    {
        $pe = static fn (int $machine, int $kind): string => str_pad('MZ', 60, "\0") . pack('V', 128) . str_repeat("\0", 64) . "PE\0\0" . pack('v', $machine) . str_repeat("\0", 18) . pack('v', $kind);
        $machO = static fn (int $machine): string => "\xcf\xfa\xed\xfe" . pack('V', $machine) . str_repeat("\0", 24);
        foreach (['Windows' => $pe(0x8664, 0x20B), 'macOS' => $machO(0x01000007)] as $system => $library) {
            $diagnosis = self::diagnosis(['BANKCHANNEL_LIBRARY' => Scratch::file($library)]);
            self::assertStringStartsWith('library_wrong_platform: ', $diagnosis);
            self::assertStringContainsString("is no shared library of Linux, but of {$system}. What to do: install the package for ", $diagnosis);
        }
        // A head that ends before it tells the machine.
        self::assertStringContainsString('is no shared library of Linux. ', self::diagnosis(['BANKCHANNEL_LIBRARY' => Scratch::file(substr($pe(0x8664, 0x20B), 0, 130))]));
        $of = static function (string $library): string {
            $found = SharedLibrary::of(Scratch::file($library));

            return $found === null ? 'none' : "{$found->system} {$found->machine} {$found->bits}";
        };
        self::assertSame('Windows x86_64 64', $of($pe(0x8664, 0x20B)));
        self::assertSame('Windows aarch64 64', $of($pe(0xAA64, 0x20B)));
        self::assertSame('Windows i686 32', $of($pe(0x014C, 0x10B)));
        self::assertSame('Darwin x86_64 64', $of($machO(0x01000007)));
        self::assertSame('Darwin aarch64 64', $of($machO(0x0100000C)));
        self::assertSame('none', $of('MZ'));
    }

    public function testTheLibraryIsForAnotherCLibrary(): void
    {
        $folder = Scratch::folder();
        file_put_contents("{$folder}/musl.c", "int of_musl(void) { return 1; }\n");
        Program::must('cc', '-shared', '-fPIC', '-nostdlib', '-Wl,-soname,libc.musl-x86_64.so.1', '-o', "{$folder}/musl.so", "{$folder}/musl.c");
        $diagnosis = self::diagnosis(['BANKCHANNEL_LIBRARY' => self::compiled('int of_musl(void); int x(void) { return of_musl(); }', '-nostdlib', "{$folder}/musl.so")]);
        self::assertStringStartsWith('library_wrong_platform: ', $diagnosis);
        self::assertStringContainsString('musl', $diagnosis);
    }

    public function testTheLibraryNeedsALaterCLibrary(): void
    {
        $folder = Scratch::folder();
        file_put_contents("{$folder}/later.c", "int of_later(void) { return 1; }\n");
        file_put_contents("{$folder}/later.map", "GLIBC_2.9 { }; GLIBC_2.99 { global: of_later; };\n");
        Program::must('cc', '-shared', '-fPIC', '-nostdlib', '-Wl,-soname,libc.so.6', "-Wl,--version-script={$folder}/later.map", '-o', "{$folder}/later.so", "{$folder}/later.c");
        $diagnosis = self::diagnosis(['BANKCHANNEL_LIBRARY' => self::compiled('int of_later(void); int x(void) { return of_later(); }', '-nostdlib', "{$folder}/later.so")]);
        self::assertStringStartsWith('library_wrong_platform: ', $diagnosis);
        self::assertStringContainsString('2.99', $diagnosis);
    }

    public function testSomethingElseIsMissing(): void
    {
        $folder = Scratch::folder();
        file_put_contents("{$folder}/gone.c", "int gone(void) { return 1; }\n");
        Program::must('cc', '-shared', '-fPIC', '-Wl,-soname,libgone.so', '-o', "{$folder}/gone.so", "{$folder}/gone.c");
        $diagnosis = self::diagnosis(['BANKCHANNEL_LIBRARY' => self::compiled('int gone(void); int x(void) { return gone(); }', "{$folder}/gone.so")]);
        self::assertStringStartsWith('library_unloadable: ', $diagnosis);
        self::assertStringContainsString('ldd', $diagnosis);
    }

    public function testTheLibraryIsOlderThanThePackage(): void
    {
        $library = self::compiled('#include <stdint.h>' . "\n" . 'uint32_t bankchannel_abi_version(void) { return 0; } const char *bankchannel_version(void) { return "0.0.9"; }');
        $diagnosis = self::diagnosis(['BANKCHANNEL_LIBRARY' => $library]);
        self::assertStringStartsWith('library_too_old: ', $diagnosis);
        self::assertStringContainsString('0.0.9', $diagnosis);
        self::assertStringContainsString('BANKCHANNEL_LIBRARY', $diagnosis);
    }

    public function testHeaderAndLibraryDoNotFit(): void
    {
        $library = self::compiled('#include <stdint.h>' . "\n" . 'uint32_t bankchannel_abi_version(void) { return 4000; } const char *bankchannel_version(void) { return "9.9.9"; }');
        $diagnosis = self::diagnosis(['BANKCHANNEL_LIBRARY' => $library]);
        self::assertStringStartsWith('header_mismatch: ', $diagnosis);
        self::assertStringContainsString('bankchannel_', $diagnosis);
        // A library of another project.
        self::assertStringStartsWith('header_mismatch: ', self::diagnosis(['BANKCHANNEL_LIBRARY' => self::compiled('int x;')]));
    }

    public function testTheHeaderIsDamaged(): void
    {
        $package = self::copy();
        file_put_contents("{$package}/bankchannel.h", '');
        self::assertStringStartsWith('package_damaged: ', self::diagnosis([], [], "require '{$package}/src/autoload.php';"));
        unlink("{$package}/bankchannel.h");
        self::assertStringStartsWith('package_damaged: ', self::diagnosis([], [], "require '{$package}/src/autoload.php';"));
    }

    /** A shared library compiled from this C text. */
    private static function compiled(string $text, string ...$options): string
    {
        $folder = Scratch::folder();
        file_put_contents("{$folder}/fixture.c", "{$text}\n");
        Program::must('cc', '-shared', '-fPIC', '-Wl,--no-as-needed', '-o', "{$folder}/fixture.so", "{$folder}/fixture.c", ...array_values($options));

        return "{$folder}/fixture.so";
    }

    /** The package itself, without a library. */
    private static function copy(): string
    {
        $folder = Scratch::folder();
        Program::must('cp', '-r', \dirname(__DIR__) . '/src', \dirname(__DIR__) . '/bankchannel.h', $folder);

        return $folder;
    }

    /**
     * @param array<string, string> $environment
     * @param list<string>          $options
     */
    private static function diagnosis(array $environment, array $options = [], string $before = ''): string
    {
        $load = $before === '' ? "require '" . \dirname(__DIR__) . "/src/autoload.php';" : $before;
        $file = Scratch::file("<?php\n{$load}\n" . self::ASK);
        [$printed, $code] = (new Program([PHP_BINARY, ...$options, $file], $environment))->end();
        self::assertSame(0, $code, $printed);

        return $printed;
    }
}

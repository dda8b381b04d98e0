<?php

declare(strict_types=1);

namespace Bankchannel\Tests;

use Bankchannel\Content;
use Bankchannel\ErrorCode;
use Bankchannel\Exception\BankchannelException;
use Bankchannel\Exception\InvalidInputException;
use Bankchannel\Exception\SignatureException;
use Bankchannel\Exception\TransportException;
use Bankchannel\Iso20022;
use Bankchannel\Progress;
use Bankchannel\Tests\Support\Account;
use Bankchannel\Tests\Support\Assertions;
use Bankchannel\Tests\Support\FailingStream;
use Bankchannel\Tests\Support\Scratch;
use Bankchannel\WsChannel;
use Bankchannel\WsChannel\DownloadStatus;
use Bankchannel\WsChannel\Mode;
use Bankchannel\WsChannel\StatusFilter;
use PHPUnit\Framework\TestCase;

/** Uploads and downloads, in every form of content in PHP. */
final class FilesTest extends TestCase
{
    use Assertions;

    private static Account $account;

    public static function setUpBeforeClass(): void
    {
        self::$account = Account::seeded();
    }

    public static function tearDownAfterClass(): void
    {
        self::$account->service->stop();
        // Stopping twice does nothing.
        self::$account->service->stop();
    }

    public function testFilesAreListed(): void
    {
        $files = self::$account->client()->listFiles(status: StatusFilter::All)->fileDescriptors;
        self::assertContains('R1', array_column($files, 'fileReference'));
    }

    public function testNewFilesComeOneAtATime(): void
    {
        $files = static fn (string ...$named): array => array_map(static fn (string $name): array => ['file_type' => 'KTL', 'content' => base64_encode($name), 'reference' => $name], $named);
        $account = Account::seeded('new-files@example.test', ['files' => $files('R1', 'R2', 'x/../../x')]);
        $client = $account->client();
        $folder = new \SplFileInfo(Scratch::folder() . '/new');
        $first = $client->iterNewFiles(directory: $folder, fileType: 'KTL')->current();
        self::assertSame(['R1', 'R1'], [$first->fileReference, file_get_contents((string) $first->path)]);
        // The rest stays new, and the next run continues there.
        self::assertCount(2, $client->listFiles(fileType: 'KTL', status: StatusFilter::New)->fileDescriptors);
        [$seen, $exchanges] = [[], []];
        foreach ($client->iterNewFiles(directory: $folder, fileType: 'KTL', withResponse: $exchanges) as $file) {
            $seen[] = [$file->fileReference, $file->status, $file->error];
        }
        self::assertSame([['R2', DownloadStatus::Downloaded, null], ['x/../../x', DownloadStatus::Failed, ErrorCode::WS_CHANNEL_REFERENCE_UNSAFE]], $seen);
        self::assertNotSame([], $exchanges);
        // Nothing is asked before the first file is.
        $away = new WsChannel(baseUrl: 'http://127.0.0.1:9/v2', mode: Mode::Data, bank: 'simulator', apiKey: 'example-api-key-0123456789', idToken: 'x', retries: 0);
        $never = $away->iterNewFiles(directory: $folder);
        self::thrown(TransportException::class, static fn () => $never->current());
        $account->service->stop();
    }

    public function testAFileComesIntoMemoryAStreamOrAPath(): void
    {
        $client = self::$account->client();
        $file = self::$account->file;
        $got = $client->downloadFile(fileType: 'KTL', fileReference: 'R1')->content;
        self::assertSame(strlen($file), $got->size);
        self::assertTrue($got->contents() === $file && stream_get_contents($got->open()) === $file);

        $stream = fopen('php://temp', 'w+b');
        $got = $client->downloadFile(fileType: 'KTL', fileReference: 'R1', destination: $stream)->content;
        rewind($stream);
        self::assertTrue(stream_get_contents($stream) === $file);
        self::assertSame(strlen($file), $got->size);
        self::thrown(\LogicException::class, static fn () => $got->contents());

        $path = Scratch::folder() . '/got';
        $got = $client->downloadFile(fileType: 'KTL', fileReference: 'R1', destination: $path)->content;
        self::assertSame($path, $got->path);
        self::assertTrue($got->contents() === $file && file_get_contents($path) === $file);
        // An existing file is never overwritten.
        self::thrown(BankchannelException::class, static fn () => $client->downloadFile(fileType: 'KTL', fileReference: 'R1', destination: $path));
        $other = new \SplFileInfo(Scratch::folder() . '/other');
        $client->downloadFile(fileType: 'KTL', fileReference: 'R1', destination: $other);
        self::assertTrue(file_get_contents((string) $other) === $file);
    }

    public function testAFilterOfPhpUnpacksWhileItArrives(): void
    {
        $stream = fopen('php://temp', 'w+b');
        stream_filter_append($stream, 'convert.base64-encode', STREAM_FILTER_WRITE);
        self::$account->client()->downloadFile(fileType: 'KTL', fileReference: 'R1', destination: $stream);
        // Data buffered by the filter is flushed when the filter is removed; the stream is then read from its
        // beginning.
        rewind($stream);
        self::assertStringStartsWith(substr((string) stream_get_contents($stream), 0, 50000), base64_encode(self::$account->file));
    }

    public function testAPaymentGoesUpFromAPathAStreamOrBytes(): void
    {
        $client = self::$account->client();
        $payment = Account::payment();
        $signature = $client->signFile(content: $payment, privateKey: self::$account->key->privateKey)->signature;
        $upload = static fn (mixed $content) => $client->uploadFile(content: $content, fileName: 'payment.xml', fileType: 'pain.001.001.09', signature: $signature);
        foreach ([$payment, new \SplFileInfo($payment), Content::bytes((string) file_get_contents($payment)), fopen($payment, 'rb')] as $content) {
            self::assertNotSame('', $upload($content)->responseText);
        }
        $error = self::thrown(SignatureException::class, static fn () => $upload(Content::bytes('other bytes')));
        self::assertSame([ErrorCode::WS_CHANNEL_UPLOAD_REJECTED, 'refused', 400], [$error->errorCode, $error->outcome, $error->httpStatus]);
        self::assertNotNull($error->peer);
        self::thrown(InvalidInputException::class, static fn () => $upload('/no/such/file'));
    }

    public function testACallSaysHowFarItIs(): void
    {
        $client = self::$account->client();
        $payment = Account::payment();
        $signature = $client->signFile(content: $payment, privateKey: self::$account->key->privateKey)->signature;
        $named = ['fileName' => 'payment.xml', 'fileType' => 'pain.001.001.09', 'signature' => $signature];
        $told = [];
        $onProgress = static function (Progress $progress) use (&$told): void {
            $told[] = $progress;
        };
        foreach ([$payment, fopen($payment, 'rb')] as $content) {
            $client->uploadFile(...$named, content: $content, onProgress: $onProgress);
            self::assertNotSame([], $told);
            self::assertGreaterThan(0, max(array_column($told, 'bytes')));
            $told = [];
        }
        $stream = fopen('php://temp', 'w+b');
        $client->downloadFile(fileType: 'KTL', fileReference: 'R1', destination: $stream, onProgress: $onProgress);
        rewind($stream);
        self::assertTrue(stream_get_contents($stream) === self::$account->file);
        self::assertGreaterThanOrEqual(strlen(self::$account->file), max(array_column($told, 'bytes')));
    }

    public function testARequestIdIsSentAndToldInTheError(): void
    {
        $answer = 'HTTP/1.1 400 Reason\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}';
        $peer = <<<PHP
            \$server = stream_socket_server('tcp://127.0.0.1:0');
            echo stream_socket_get_name(\$server, false), "\\n";
            \$stream = stream_socket_accept(\$server, 60);
            while (trim(\$line = fgets(\$stream)) !== '') echo \$line;
            fwrite(\$stream, "{$answer}");
            PHP;
        $process = proc_open([PHP_BINARY, '-r', $peer], [1 => ['pipe', 'w']], $pipes);
        self::assertIsResource($process);
        $client = new WsChannel(baseUrl: 'http://' . trim((string) fgets($pipes[1])) . '/v2');
        $logIn = static fn (?string $requestId) => $client->initLogin(email: 'a@example.test', mode: Mode::Data, requestId: $requestId);
        $refused = self::thrown(BankchannelException::class, static fn () => $logIn('nightly-run:7'));
        self::assertStringContainsStringIgnoringCase("\r\nX-Request-ID: nightly-run:7\r\n", (string) stream_get_contents($pipes[1]));
        proc_close($process);
        self::assertSame('nightly-run:7', $refused->context['request_id']);

        // With questions the call is resumed; a local operation sends nothing and checks it as well.
        $client = new WsChannel(baseUrl: 'http://127.0.0.1:9/v2', onCode: static fn () => '');
        foreach (['', 'Toddler_..12345 6789', 'a/b', 'ä', str_repeat('x', 101)] as $wrong) {
            foreach ([
                static fn () => $client->initLogin(email: 'a@example.test', mode: Mode::Data, requestId: $wrong),
                static fn () => $client->call('ws_channel.init_login', ['email' => 'a@example.test', 'mode' => 'data'], requestId: $wrong),
                static fn () => $client->call('ws_channel.totp_code', ['secret' => 'JBSWY3DPEHPK3PXP'], requestId: $wrong),
            ] as $call) {
                $error = self::thrown(InvalidInputException::class, $call);
                self::assertSame(['requestId', 'not_sent'], [$error->context['field'], $error->outcome]);
                self::assertStringNotContainsString('Toddler', $error->getMessage());
            }
        }
        $error = self::thrown(BankchannelException::class, static fn () => $client->call('ws_channel.init_login', ['email' => 'a@example.test', 'mode' => 'data'], requestId: 'run-8'));
        self::assertSame('run-8', $error->context['request_id']);
    }

    public function testCodeThatFailsAtTheProgressDoesNotEndTheCall(): void
    {
        $times = 0;
        $fails = static function () use (&$times): void {
            ++$times;
            throw new \RuntimeException('no terminal');
        };
        $log = tempnam(sys_get_temp_dir(), 'bankchannel-');
        $before = ini_set('error_log', (string) $log);
        try {
            self::$account->client()->downloadFile(fileType: 'KTL', fileReference: 'R1', onProgress: $fails);
        } finally {
            ini_set('error_log', (string) $before);
        }
        self::assertSame(1, $times);
        self::assertStringContainsString("onProgress: the program's own code failed: RuntimeException: no terminal", (string) file_get_contents((string) $log));
        unlink((string) $log);
    }

    public function testAStreamThatFailsInTheMiddleEndsTheCall(): void
    {
        $client = self::$account->client();
        $begun = microtime(true);
        $error = self::thrown(\RuntimeException::class, static fn () => $client->uploadFile(content: FailingStream::open('rb'), fileName: 'x', fileType: 'KTL', signature: '-----BEGIN PGP SIGNATURE-----'));
        self::assertSame('the tape tore', $error->getMessage());
        $error = self::thrown(\RuntimeException::class, static fn () => $client->downloadFile(fileType: 'KTL', fileReference: 'R1', destination: FailingStream::open('wb')));
        self::assertSame('the disk is full', $error->getMessage());
        self::assertLessThan(5, microtime(true) - $begun);
        self::assertNotSame([], $client->listFiles(status: StatusFilter::All)->fileDescriptors);
    }

    public function testANameThatIsNotUtf8IsANameLikeAnyOther(): void
    {
        $folder = Scratch::folder();
        $path = "{$folder}/p\xe4iv\xe4.xml";
        copy(Account::payment(), $path);
        self::assertStringStartsWith('pain.001', (string) Iso20022::checkPayment(content: $path)->messageName);
        $file = self::$account->client()->listFiles(status: StatusFilter::All)->fileDescriptors[0];
        self::$account->client()->downloadFile($file, destination: "{$folder}/saatu-\xe4");
        self::assertFileExists("{$folder}/saatu-\xe4");
    }

    public function testAStreamThatCannotBeUsedSaysSo(): void
    {
        $client = self::$account->client();
        $readOnly = fopen(Account::payment(), 'rb');
        $error = self::thrown(InvalidInputException::class, static fn () => @$client->downloadFile(fileType: 'KTL', fileReference: 'R1', destination: $readOnly));
        self::assertSame(['field' => 'destination'], $error->context);
        self::assertSame('not_sent', $error->outcome);
        // It says that it can be written to, but takes nothing: the call itself has ended well.
        $full = fopen('/dev/full', 'wb');
        self::assertIsResource($full);
        stream_set_write_buffer($full, 0);
        $error = self::thrown(InvalidInputException::class, static fn () => $client->downloadFile(fileType: 'KTL', fileReference: 'R1', destination: $full));
        self::assertSame(['destination', 'accepted'], [$error->context['field'], $error->outcome]);
        [$here, $there] = (array) stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
        stream_set_blocking($here, false);
        $error = self::thrown(InvalidInputException::class, static fn () => $client->uploadFile(content: $here, fileName: 'x', fileType: 'KTL', signature: 's'));
        self::assertStringContainsString('blocking', $error->getMessage());
        self::assertIsResource($there);
    }

    public function testAClosedClientsCallsAreRefusedAndAnotherWorksOn(): void
    {
        $closed = self::$account->client();
        $closed->close();
        self::thrown(BankchannelException::class, static fn () => $closed->listFiles());
        self::assertNotSame([], self::$account->client()->listFiles(status: StatusFilter::All)->fileDescriptors);
    }
}

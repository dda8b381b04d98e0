<?php

declare(strict_types=1);

namespace Bankchannel;

use Bankchannel\Exception\BankchannelException;
use Bankchannel\WsChannel\Bank;
use Bankchannel\WsChannel\DownloadedFile;
use Bankchannel\WsChannel\DownloadStatus;
use Bankchannel\WsChannel\FileDescriptor;
use Bankchannel\WsChannel\StatusFilter;

/**
 * `iterNewFiles` of a client: a bank's new files, one at a time. It combines the operations `listFiles` and
 * `downloadNewFiles`.
 *
 * @internal
 */
trait NewFiles
{
    /**
     * Download all new files into a folder, and get each as soon as it is there.
     *
     * Names, folder and existing files are as with `downloadNewFiles`. But the next file is downloaded only when it is
     * asked for: a loop that ends early leaves the rest new at the bank and no incomplete file, and the next run continues
     * there. A downloaded file is no longer new at the bank, so a later run does not give it again; one whose name exists
     * in the folder stays new, and is given as `exists` in each run. Each file costs a separate listing.
     *
     * A failed file is given too, with `status` `DownloadStatus::Failed`, `error` and `errorMessage`, and the others follow;
     * the next run tries it again. Files that an earlier run began and did not finish come last and in one call, with those
     * that have become new in the meantime; a file that failed earlier in this run is given a second time if it arrives then.
     *
     * The bank is not contacted before the first file is asked for. An exception ends the iteration: the listing cannot be
     * read, or continuing is pointless because the session has ended or its time is up. The next run gives what was
     * downloaded and never given.
     *
     * @param string|\SplFileInfo                   $directory    the folder, one for each bank and account; the last part of the
     *                                                            path is created with the first file if it does not exist
     * @param Bank|null                             $bank         the bank that holds them; left out, the client's own
     * @param string|null                           $fileType     only files of this type; left out, all types
     * @param StatusFilter|null                     $status       only files of this status; left out, `StatusFilter::New`
     * @param string|\SplFileInfo|null              $ledger       the folder of the ledger, as with `downloadNewFiles`; left out,
     *                                                            `$directory`
     * @param bool|null                             $parse        whether a file is given in parsed form too: always with true,
     *                                                            never with false; left out, if it was downloaded now
     * @param float|null                            $timeout      seconds for the listing, and then for each file
     * @param (callable(Question): string)|null     $onCode       answers what a call asks; left out, the client's own
     * @param (callable(Progress): mixed)|null      $onProgress   called with the progress of each call
     * @param string|null                           $requestId    sent as `X-Request-ID` with all calls
     * @param int|null                              $retries      how often each exchange may be repeated, 0 to 10
     * @param list<HttpExchange>|null               $withResponse an array to which the answers to the exchanges are added
     *
     * @return \Generator<int, DownloadedFile>
     *
     * @throws \Bankchannel\Exception\PermissionException    `ws_channel.mode_refused`
     * @throws \Bankchannel\Exception\PeerRefusedException   `ws_channel.certificate_missing`, `ws_channel.bank_refused`
     * @throws \Bankchannel\Exception\NotSupportedException  `ws_channel.no_bank_channel`
     * @throws \Bankchannel\Exception\PeerFailedException    `ws_channel.bank_unavailable`
     * @throws BankchannelException                          for all other failures
     */
    public function iterNewFiles(
        string|\SplFileInfo $directory,
        ?Bank $bank = null,
        ?string $fileType = null,
        ?StatusFilter $status = null,
        string|\SplFileInfo|null $ledger = null,
        ?bool $parse = null,
        ?float $timeout = null,
        ?callable $onCode = null,
        ?callable $onProgress = null,
        ?string $requestId = null,
        ?int $retries = null,
        ?array &$withResponse = null,
    ): \Generator {
        $status ??= StatusFilter::New;
        // Before the listing: a download that is begun now is none of an earlier run.
        $isLeft = $status === StatusFilter::New && self::hasBegun((string) ($ledger ?? $directory));
        $listed = $this->listFiles(bank: $bank, fileType: $fileType, status: $status, timeout: $timeout, requestId: $requestId, retries: $retries, withResponse: $withResponse);
        /** @var array<string, DownloadStatus> $given the status of each given file, by type and reference */
        $given = [];
        $wanted = array_map(static fn (FileDescriptor $file): array => [self::keyOf($file->fileType, $file->fileReference), $file->fileReference], $listed->fileDescriptors);
        if ($isLeft) {
            // Last the downloads of earlier runs, which cannot be found otherwise.
            $wanted[] = ['', null];
        }
        foreach ($wanted as [$key, $fileReference]) {
            if (isset($given[$key])) {
                continue;
            }
            $done = $this->downloadNewFiles(
                directory: $directory,
                bank: $bank,
                fileType: $fileType,
                status: $status,
                fileReference: $fileReference,
                ledger: $ledger,
                parse: $parse,
                timeout: $timeout,
                onCode: $onCode,
                onProgress: $onProgress,
                requestId: $requestId,
                retries: $retries,
                withResponse: $withResponse,
            );
            foreach ($done->files as $file) {
                $key = self::keyOf($file->fileType, $file->fileReference);
                $before = $given[$key] ?? null;
                // One that failed before may have arrived now.
                if ($before === null || ($before === DownloadStatus::Failed && $file->status === DownloadStatus::Downloaded)) {
                    $given[$key] = $file->status;
                    yield $file;
                }
            }
        }
    }

    private static function keyOf(string $fileType, string $fileReference): string
    {
        return "{$fileType}\n{$fileReference}";
    }

    /**
     * Whether an earlier run has left an unfinished download: a hidden file remembers it (see `downloadNewFiles`). An
     * unreadable folder is reported by the operation itself.
     */
    private static function hasBegun(string $ledger): bool
    {
        foreach (is_dir($ledger) ? (@scandir($ledger) ?: []) : [] as $name) {
            if (str_starts_with($name, '.bankchannel-file-')) {
                return true;
            }
        }

        return false;
    }
}

"""`iter_new_files`: a bank's new files, one at a time. It combines the operations `list_files` and
`download_new_files`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from ._async import AsyncClient
from ._client import Client
from ._local import elsewhere

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator

    from typing_extensions import Unpack

    from ._call import AsyncOnCode, CallOptions, OnCode, OnProgress
    from .ws_channel import Bank, DownloadedFile, DownloadNewFilesResponse, ListFilesResponse, StatusFilter

LIST = "ws_channel.list_files"
DOWNLOAD = "ws_channel.download_new_files"
BEGUN = ".bankchannel-file-"
"""The prefix of the hidden files that remember begun and unreported downloads (see `download_new_files`)."""


class NewFilesClient(Client):
    """A blocking client whose bank holds files."""

    def iter_new_files(
        self,
        *,
        bank: Bank | None = None,
        file_type: str | None = None,
        status: StatusFilter | None = None,
        directory: str | os.PathLike[str],
        ledger: str | os.PathLike[str] | None = None,
        parse: bool | None = None,
        on_progress: OnProgress | None = None,
        on_code: OnCode | None = None,
        **options: Unpack[CallOptions],
    ) -> Iterator[DownloadedFile]:
        """Download all new files into a folder, and get each as soon as it is there.

        Names, folder and existing files are as with `download_new_files`. But the next file is downloaded only when
        it is asked for: a loop that ends early leaves the rest new at the bank and no incomplete file, and the next
        run continues there. A downloaded file is no longer new at the bank, so a later run does not give it again;
        one whose name exists in the folder stays new, and is given as `exists` in each run. Each file costs a
        separate listing.

        A failed file is given too, with `status` `failed`, `error` and `error_message`, and the others follow; the
        next run tries it again. Files that an earlier run began and did not finish come last and in one call, with
        those that have become new in the meantime; a file that failed earlier in this run is given a second time if
        it arrives then.

        The bank is not contacted before the first file is requested. An exception ends the iteration: the listing
        cannot be read, or continuing is pointless because the session has ended, the call was cancelled or its time
        is up. The next run gives what was downloaded and never given. If the disk is full, each file fails.

        Args:
            bank: The bank that holds them. Default: the client's own.
            file_type: Only files of this type. Default: all types.
            status: Only files of this status. Default: `NEW`.
            directory: The folder, one for each bank and account. The last part of the path is created with the
                first file if it does not exist.
            ledger: The folder of the ledger, as with `download_new_files`. Default: `directory`.
            parse: Whether a file is given in parsed form too: always with true, never with false. Default: if it
                was downloaded now.
            on_progress: Called with the progress of each call, a `Progress`. Its exceptions are reported, and the
                call continues.
            on_code: Answers the questions of a call, such as for a one-time code; replaces the client's.
            options: Those of every call, see `CallOptions`: `timeout` counts for the listing, and then for each file, and
                not between files; `cancel` stops the running call and all that follow; `request_id`, `retries` and
                `with_response` are those of all calls.

        Raises:
            PermissionDeniedError: `ws_channel.mode_refused`: A session of this mode may not do this.
            PeerRefusedError: `ws_channel.certificate_missing`: There is no certificate for this bank.
            NotSupportedError: `ws_channel.no_bank_channel`: The service has no channel to this bank configured.
            PeerRefusedError: `ws_channel.bank_refused`: The bank refused the listing.
            PeerFailedError: `ws_channel.bank_unavailable`: The bank cannot be reached, or its answer cannot be used.
        """
        run = _Run(bank, file_type, status, directory, ledger, parse)
        is_left = run.looks_for_begun and has_begun(directory if ledger is None else ledger)
        listed: ListFilesResponse = self._call(
            LIST, run.listing, options, on_progress=on_progress
        )
        for request in run.requests(listed, is_left):
            done: DownloadNewFilesResponse = self._call(
                DOWNLOAD, request, options, on_progress=on_progress, on_code=on_code
            )
            yield from run.results_to_give(done)


class AsyncNewFilesClient(AsyncClient):
    """A client for asyncio whose bank holds files."""

    async def iter_new_files(
        self,
        *,
        bank: Bank | None = None,
        file_type: str | None = None,
        status: StatusFilter | None = None,
        directory: str | os.PathLike[str],
        ledger: str | os.PathLike[str] | None = None,
        parse: bool | None = None,
        on_progress: OnProgress | None = None,
        on_code: AsyncOnCode | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncIterator[DownloadedFile]:
        """Download all new files into a folder, and get each as soon as it is there:
        `async for file in client.iter_new_files(directory="statements")`.

        Arguments, files and exceptions are those of `WsChannel.iter_new_files`; `on_code` may be a coroutine
        function. If a task is cancelled during a download, the next run tries that file again.
        """
        run = _Run(bank, file_type, status, directory, ledger, parse)
        is_left = run.looks_for_begun and await elsewhere(has_begun, directory if ledger is None else ledger)
        listed: ListFilesResponse = await self._call(
            LIST, run.listing, options, on_progress=on_progress
        )
        for request in run.requests(listed, is_left):
            done: DownloadNewFilesResponse = await self._call(
                DOWNLOAD, request, options, on_progress=on_progress, on_code=on_code
            )
            for file in run.results_to_give(done):
                yield file


class _Run:
    """One iteration: its requests, and the files that it has already given."""

    def __init__(
        self,
        bank: str | None,
        file_type: str | None,
        status: str | None,
        directory: object,
        ledger: object,
        parse: bool | None,
    ) -> None:
        self.looks_for_begun = status in (None, "NEW")
        wanted = "NEW" if status is None else status
        self.listing: dict[str, Any] = {"bank": bank, "file_type": file_type, "status": wanted}
        self._all: dict[str, Any] = {**self.listing, "directory": directory, "ledger": ledger, "parse": parse}
        # The status of each given file, by type and reference.
        self._given: dict[tuple[str, str], str] = {}

    def requests(self, listed: ListFilesResponse, is_left: bool) -> Iterator[dict[str, Any]]:
        """One request for each file; then one for the downloads of earlier runs, which cannot be found otherwise."""
        for file in listed.file_descriptors:
            if (file.file_type, file.file_reference) not in self._given:
                yield {**self._all, "file_reference": file.file_reference}
        if is_left:
            yield self._all

    def results_to_give(self, done: DownloadNewFilesResponse) -> Iterable[DownloadedFile]:
        """The files that were not given yet, or that failed before and have arrived now."""
        for file in done.files:
            key = (file.file_type, file.file_reference)
            before = self._given.get(key)
            if before is None or (before == "failed" and file.status == "downloaded"):
                self._given[key] = file.status
                yield file


def has_begun(ledger: str | os.PathLike[str]) -> bool:
    """Whether an earlier run has left an unfinished download. An unreadable folder is reported by the operation
    itself."""
    try:
        return any(name.startswith(BEGUN) for name in os.listdir(os.fspath(ledger)))
    except (OSError, TypeError, ValueError):
        return False

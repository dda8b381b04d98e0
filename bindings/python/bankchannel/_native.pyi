from os import PathLike
from typing import final

VERSION: str
ABI_VERSION: int

def catalogue() -> str: ...
@final
class Client:
    def __new__(cls, protocol: str, settings: str) -> Client: ...

@final
class Cancel:
    """Stops calls, from any thread: give it to a call as `cancel=`."""

    def __new__(cls) -> Cancel: ...
    def cancel(self) -> None:
        """Cancels every call that was given this token, now and later."""

    @property
    def cancelled(self) -> bool:
        """Whether it was cancelled."""

@final
class Call:
    def __new__(
        cls,
        client: Client,
        name: str,
        request: str,
        *,
        timeout_ms: int = -1,
        cancel: Cancel | None = None,
        content: bytes | None = None,
        content_path: str | PathLike[str] | None = None,
        content_pieces: bool = False,
        destination_path: str | PathLike[str] | None = None,
        replace: bool = False,
        destination_pieces: bool = False,
    ) -> Call: ...
    def resume(self, reply: str, data: object = None) -> tuple[object, ...]: ...
    def cancel(self) -> None: ...

@final
class Server:
    def __new__(cls, kind: str, options: str) -> Server: ...
    def info(self) -> str: ...
    def stop(self) -> None: ...

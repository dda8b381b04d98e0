"""The command `bankchannel`, also as `python -m bankchannel`: the native library runs it."""

import os
import signal
import sys
from typing import NoReturn

from . import _native


def main() -> NoReturn:
    open_missing_streams()
    # The command watches Ctrl-C itself. A signal that was ignored at the start (`nohup`) stays ignored.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(_native.run_command(["bankchannel", *sys.argv[1:]]))


def open_missing_streams() -> None:
    """Opens the null device for each closed standard stream, as a program of its own does before it starts. Otherwise the next
    file or connection would get the stream's number, and what is printed would be written into it."""
    for stream in range(3):
        try:
            os.fstat(stream)
        except OSError:
            # The lowest free number is that of the stream.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)


if __name__ == "__main__":
    main()

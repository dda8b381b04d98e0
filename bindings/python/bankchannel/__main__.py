"""The command `bankchannel`, also as `python -m bankchannel`: the native library runs it."""

import signal
import sys
from typing import NoReturn

from . import _native


def main() -> NoReturn:
    # The command watches Ctrl-C itself. A signal that was ignored at the start (`nohup`) stays ignored.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(_native.run_command(["bankchannel", *sys.argv[1:]]))


if __name__ == "__main__":
    main()

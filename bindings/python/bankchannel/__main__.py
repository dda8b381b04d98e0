"""The command `bankchannel`, also as `python -m bankchannel`: the native library runs it."""

import sys
from typing import NoReturn

from . import _native


def main() -> NoReturn:
    sys.exit(_native.run_command(["bankchannel", *sys.argv[1:]]))


if __name__ == "__main__":
    main()

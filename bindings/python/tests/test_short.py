"""Near the recursion limit, or short of memory: the error of a call stays that error, with its outcome."""

from __future__ import annotations

import sys
import unittest
from collections.abc import Callable
from typing import Any

from bankchannel import BankchannelError, InvalidInputError, TransportError, WsChannel, codes, iso20022

try:
    import _testcapi  # type: ignore[import-not-found]
except ImportError:  # Some distributions leave it out.
    _testcapi = None


def at(depth: int, work: Callable[[], Any]) -> BaseException | None:
    """The error that the work raises this many calls further down."""
    if depth > 0:
        return at(depth - 1, work)
    try:
        work()
    except BaseException as raised:
        return raised
    return None


def deepest() -> int:
    """How many calls there is room for here."""
    low, high = 0, sys.getrecursionlimit()
    while low < high:
        middle = (low + high + 1) // 2
        try:
            at(middle, lambda: None)
            low = middle
        except RecursionError:
            high = middle - 1
    return low


class Recursion(unittest.TestCase):
    def everywhere(self, work: Callable[[], Any], wanted: type[BankchannelError]) -> None:
        work_needs = 40
        seen = set()
        room = deepest()
        for depth in range(room - work_needs, room):
            try:
                raised = at(depth, work)
            except RecursionError:
                continue
            seen.add(type(raised))
            # Where Python has no room for the call itself, it says so; the error of a call is never lost in that.
            if isinstance(raised, RecursionError):
                hidden = (raised.__context__, raised.__cause__)
                self.assertFalse(any(isinstance(one, BankchannelError) for one in hidden), raised)
            else:
                self.assertIs(type(raised), wanted, raised)
        self.assertLessEqual({wanted, RecursionError}, seen)
        self.assertEqual(deepest(), room)

    def setUp(self) -> None:
        # Modules are loaded, and everything is made once.
        self.client = WsChannel(base_url="http://127.0.0.1:1/v2", api_key="example-api-key-0123456789", id_token="x",
                                mode="data", bank="simulator", retries=0)
        self.addCleanup(self.client.close)

    def test_a_local_operation(self) -> None:
        self.everywhere(lambda: iso20022.read_statement(content=b"x"), InvalidInputError)

    def test_an_exchange(self) -> None:
        self.everywhere(self.client.list_files, TransportError)

    def test_what_the_package_itself_refuses(self) -> None:
        self.everywhere(lambda: iso20022.read_statement(content="x"), InvalidInputError)  # type: ignore[arg-type]


class Unlimited(unittest.TestCase):
    def test_a_limit_that_is_as_high_as_it_goes(self) -> None:
        before = sys.getrecursionlimit()
        self.addCleanup(sys.setrecursionlimit, before)
        for limit in (2**31 - 1, 2**31 - 100):
            sys.setrecursionlimit(limit)
            with self.assertRaises(InvalidInputError):
                iso20022.read_statement(content=b"x")
            self.assertEqual(sys.getrecursionlimit(), limit)


@unittest.skipIf(_testcapi is None, "this Python has no _testcapi")
class Memory(unittest.TestCase):
    def test_an_allocation_that_fails_hides_no_error(self) -> None:
        def refused() -> None:
            iso20022.read_statement(content=b"x")

        with self.assertRaises(InvalidInputError):
            refused()
        seen = []
        for allocation in range(1, 400):
            raised = None
            _testcapi.set_nomemory(allocation, allocation + 1)
            try:
                refused()
            except BaseException as error:
                raised = error
            finally:
                _testcapi.remove_mem_hooks()
            if isinstance(raised, BankchannelError):
                seen.append(raised.code)
            else:
                # Before the call began; or after it had ended, where Python itself found no memory for the traceback of
                # its own frames: it keeps the error as the context of another, or says that it has lost it.
                assert isinstance(raised, (MemoryError, SystemError)), raised
                assert raised.__context__ is None or isinstance(raised.__context__, InvalidInputError), raised.__context__
        self.assertEqual(set(seen), {codes.ISO20022_FILE_UNREADABLE})


if __name__ == "__main__":
    unittest.main()

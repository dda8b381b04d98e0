"""Run by `test_testing_build.py` with the package of a testing build."""

from __future__ import annotations

import asyncio
import gc
import pickle
import resource
import threading
import time
import unittest
from typing import Any

import bankchannel
from bankchannel import errors

# Typed at run time: the type checker knows only the shipped classes.
Toy: Any = getattr(bankchannel, "Toy")
AsyncToy: Any = getattr(bankchannel, "AsyncToy")
SETTINGS: dict[str, Any] = {"base_url": "http://127.0.0.1:9/v2"}


class Blocking(unittest.TestCase):
    def setUp(self) -> None:
        self.client = Toy(**SETTINGS)
        self.addCleanup(self.client.close)

    def test_an_added_operation_is_there_and_typed(self) -> None:
        answer = self.client.echo(text="ä\0\U0001f600")
        self.assertEqual(answer.text, "ä\0\U0001f600")
        self.assertEqual((repr(answer)[:13], answer.to_dict()), ("FaultResponse", {"text": "ä\0\U0001f600"}))
        self.assertEqual(self.client.call("toy.echo", {"text": "a"}), {"text": "a"})
        self.assertEqual(pickle.loads(pickle.dumps(answer)), answer)
        with self.assertRaises(TypeError):
            self.client.echo()
        with self.assertRaises(errors.InvalidInputError):
            self.client.echo(text="\ud800")

    def test_every_error_arrives_whole_and_in_its_class(self) -> None:
        from bankchannel import codes

        all_codes = [value for name, value in vars(codes).items() if name.isupper()]
        self.assertGreater(len(all_codes), 40)
        seen = set()
        for code in all_codes:
            for fail in (self.client.fail, self.client.fail_later):
                with self.assertRaises(bankchannel.BankchannelError) as raised:
                    fail(code=code)
                error = raised.exception
                self.assertEqual((error.code, error.context["planted"]), (code, "yes"))
                self.assertTrue(str(error.operation).startswith("toy.fail"))
                self.assertIsNot(type(error), bankchannel.BankchannelError)
                self.assertIn(code, str(error))
                seen.add(type(error))
        classes = {getattr(errors, name) for name in errors.__all__} - {errors.BankchannelError, errors.Peer}
        self.assertEqual(classes - seen, set())

    def test_a_panic_is_an_internal_error_and_the_client_lives_on(self) -> None:
        for panic in (self.client.panic, self.client.panic_later):
            for _ in range(3):
                with self.assertRaises(errors.InternalError) as raised:
                    panic()
                self.assertTrue(raised.exception.code.startswith("internal"))
        self.assertEqual(self.client.echo(text="alive").text, "alive")
        self.assertEqual(self.client.sleep(ms=1).text, "slept")

    def test_limits_and_cancelling(self) -> None:
        begun = time.monotonic()
        with self.assertRaises(errors.TimedOutError):
            self.client.sleep(ms=60_000, timeout=0.2)
        with self.assertRaises(errors.TimedOutError):
            self.client.sleep(ms=60_000, timeout=0)
        token = bankchannel.Cancel()
        threading.Timer(0.2, token.cancel).start()
        with self.assertRaises(errors.CancelledError):
            self.client.sleep(ms=60_000, cancel=token)
        self.assertLess(time.monotonic() - begun, 10)

    def test_answers(self) -> None:
        request = {name: "testing" for name in self.asks()}
        self.assertEqual(self.client.call("toy.ask", request, on_code=lambda _: "yes")["text"], "yes")
        with self.assertRaises(errors.InvalidInputError):
            self.client.call("toy.ask", request, on_code=lambda _: 5)
        with self.assertRaisesRegex(LookupError, "nobody"):
            self.client.call("toy.ask", request, on_code=self.nobody)

    def asks(self) -> list[str]:
        (entry,) = [entry for entry in bankchannel.catalogue() if entry["name"] == "toy.ask"]
        return list(entry["request_schema"]["properties"])

    def nobody(self, _: object) -> str:
        raise LookupError("nobody")

    def test_sixty_four_threads(self) -> None:
        failed: list[BaseException] = []

        def work() -> None:
            try:
                for number in range(50):
                    assert self.client.echo(text=str(number)).text == str(number)
                assert self.client.sleep(ms=20).text == "slept"
            except BaseException as error:
                failed.append(error)

        threads = [threading.Thread(target=work) for _ in range(64)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failed, [])

    def test_nothing_leaks(self) -> None:
        def use(times: int) -> None:
            for number in range(times):
                self.client.echo(text="x" * 200)
                if number % 10 == 0:
                    try:
                        self.client.fail(code="cancelled")
                    except bankchannel.BankchannelError:
                        pass

        use(5_000)
        gc.collect()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        use(50_000)
        gc.collect()
        self.assertLess(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, 2_000)


class Awaited(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        asyncio.get_running_loop().set_debug(False)
        self.client = AsyncToy(**SETTINGS)

    async def test_an_added_operation_is_there(self) -> None:
        self.assertEqual(self.client.echo(text="a").text, "a")
        slept = await asyncio.gather(*(self.client.sleep(ms=100) for _ in range(200)))
        self.assertEqual({answer.text for answer in slept}, {"slept"})

    async def test_errors_and_panics(self) -> None:
        with self.assertRaises(errors.RateLimitedError):
            await self.client.fail_later(code="peer.rate_limited")
        with self.assertRaises(errors.InternalError):
            await self.client.panic_later()
        self.assertEqual((await self.client.sleep(ms=1)).text, "slept")

    async def test_limits_and_cancelling(self) -> None:
        with self.assertRaises(errors.TimedOutError):
            await self.client.sleep(ms=60_000, timeout=0.1)
        with self.assertRaises(asyncio.TimeoutError):
            await asyncio.wait_for(self.client.sleep(ms=60_000), 0.1)
        sleeping = asyncio.create_task(self.client.sleep(ms=60_000))
        await asyncio.sleep(0.05)
        await self.client.close()
        with self.assertRaises(errors.CancelledError):
            await asyncio.wait_for(sleeping, 5)


if __name__ == "__main__":
    unittest.main()

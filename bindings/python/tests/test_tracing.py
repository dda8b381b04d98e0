"""Spans of OpenTelemetry, and the `traceparent` that goes along."""

from __future__ import annotations

import asyncio
import os
import unittest
from typing import Any

from bankchannel import AsyncWsChannel, BankchannelError, InvalidInputError, NextGenPsd2, WsChannel
from peer import Peer

try:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
except ImportError:
    if os.environ.get("BANKCHANNEL_TESTS_REQUIRE_TOOLS"):
        raise
    raise unittest.SkipTest("opentelemetry-sdk is not installed") from None

# The example of W3C Trace Context, section 3.2.3.
EXAMPLE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


class Tracing(unittest.TestCase):
    def setUp(self) -> None:
        self.ended = InMemorySpanExporter()
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(self.ended))
        self.tracer = provider.get_tracer("tests")
        self.peer = Peer()
        self.addCleanup(self.peer.close)

    def test_a_call_is_a_span_and_its_traceparent_goes_along(self) -> None:
        with WsChannel(**self.peer.settings, tracer=self.tracer) as client:
            with self.tracer.start_as_current_span("payroll") as payroll:
                client.list_files()
        call = self.ended.get_finished_spans()[0]
        assert call.parent is not None and call.context is not None and call.attributes is not None
        self.assertEqual((call.name, call.kind.name), ("ws_channel.list_files", "CLIENT"))
        self.assertEqual(call.parent.span_id, payroll.get_span_context().span_id)
        self.assertEqual(call.attributes["server.address"], "127.0.0.1")
        self.assertEqual(call.attributes["http.response.status_code"], 200)
        self.assertEqual([event.name for event in call.events], ["http.request", "http.response"])
        flags = f"{call.context.trace_flags:02x}"
        self.assertEqual(self.peer.traceparents, [f"00-{call.context.trace_id:032x}-{call.context.span_id:016x}-{flags}"])

    def test_a_failure_has_its_code_and_outcome(self) -> None:
        with WsChannel(**self.peer.settings, tracer=self.tracer) as client:
            with self.assertRaises(BankchannelError) as failed:
                client.delete_file(file_type="camt.053.001.08", file_reference="none")
            with self.assertRaises(BankchannelError):
                client.list_files(retries=99)
        refused, unsent = self.ended.get_finished_spans()
        assert refused.attributes is not None and unsent.attributes is not None
        self.assertEqual(refused.status.status_code.name, "ERROR")
        self.assertEqual(refused.attributes["error.type"], failed.exception.code)
        self.assertEqual(refused.attributes["bankchannel.outcome"], "refused")
        self.assertEqual(unsent.attributes["error.type"], "input.invalid_field")

    def test_in_asyncio(self) -> None:
        async def listed() -> None:
            async with AsyncWsChannel(**self.peer.settings, tracer=self.tracer) as client:
                with self.tracer.start_as_current_span("one"):
                    await asyncio.gather(client.list_files(), client.list_files())

        asyncio.run(listed())
        first, second, parent = self.ended.get_finished_spans()
        assert first.context is not None and second.context is not None and parent.context is not None
        self.assertEqual({first.context.trace_id, second.context.trace_id}, {parent.context.trace_id})
        self.assertEqual(len(set(self.peer.traceparents)), 2)

    def test_without_a_tracer_the_programs_own_goes_along(self) -> None:
        given = iter([EXAMPLE, None])
        with WsChannel(**self.peer.settings, traceparent=lambda: next(given)) as client:
            client.list_files()
            client.list_files()
        with WsChannel(**self.peer.settings, traceparent=EXAMPLE) as client:
            client.list_files()
        self.assertEqual(self.peer.traceparents, [EXAMPLE, None, EXAMPLE])

    def test_a_public_installation_and_a_bank_are_told_only_if_asked(self) -> None:
        for more, sent in (({}, None), ({"send_traceparent": True}, EXAMPLE)):
            settings: dict[str, Any] = {**self.peer.settings, "environment": "test", "traceparent": EXAMPLE, **more}
            with WsChannel(**settings) as client:
                client.list_files()
            self.assertEqual(self.peer.traceparents.pop(), sent)
        with WsChannel(**self.peer.settings, traceparent=EXAMPLE, send_traceparent=False) as client:
            client.list_files()
        self.assertIsNone(self.peer.traceparents.pop())

    def test_what_is_none_is_refused_and_nothing_is_sent(self) -> None:
        for wrong in ("", "planted", EXAMPLE.upper()):
            with WsChannel(**self.peer.settings, traceparent=wrong) as client:
                with self.assertRaisesRegex(InvalidInputError, "traceparent: must be that of W3C Trace Context") as failed:
                    client.list_files()
                self.assertEqual(failed.exception.outcome, "not_sent")
                self.assertNotIn("planted", str(failed.exception))
        with self.assertRaisesRegex(InvalidInputError, "traceparent: must be a str or a function"):
            NextGenPsd2(traceparent=5)  # type: ignore[arg-type]
        with self.assertRaisesRegex(InvalidInputError, "tracer: must be a tracer of OpenTelemetry"):
            NextGenPsd2(tracer="tracer")  # type: ignore[arg-type]
        self.assertEqual(self.peer.calls, 0)

    def test_a_tracer_that_fails_later_changes_no_result(self) -> None:
        class Failing(SimpleSpanProcessor):
            def on_end(self, span: object) -> None:
                raise RuntimeError("the collector is away")

        provider = TracerProvider()
        provider.add_span_processor(Failing(InMemorySpanExporter()))
        with WsChannel(**self.peer.settings, tracer=provider.get_tracer("tests")) as client:
            self.assertEqual(len(client.list_files().file_descriptors), 1)


if __name__ == "__main__":
    unittest.main()

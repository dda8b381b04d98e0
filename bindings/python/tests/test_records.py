"""Results: immutable, comparable, printable without secrets, picklable."""

from __future__ import annotations

import copy
import pickle
import unittest
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from bankchannel import Question, Received, Record, SecretText, WsChannel
from bankchannel.ws_channel import (
    AccountInfo,
    CertDescriptor,
    DownloadFileResponse,
    FileDescriptor,
    LoginResponse,
    LogInProgressNeedsCode,
)

DESCRIPTOR = FileDescriptor(
    file_reference="227166", file_timestamp="2026-11-20T08:00:00.250+02:00", file_type="KTL", status="NEW"
)


class Records(unittest.TestCase):
    def test_fields_are_given_by_keyword_and_the_rest_has_its_default(self) -> None:
        self.assertEqual((DESCRIPTOR.status, DESCRIPTOR.service_id), ("NEW", None))
        wrongs: tuple[dict[str, Any], ...] = ({"no_such_field": 1}, {"file_type": "KTL"})
        for wrong in wrongs:
            with self.assertRaises(TypeError) as raised:
                FileDescriptor(**wrong)
            self.assertIn("FileDescriptor", str(raised.exception))
        with self.assertRaises(TypeError):
            FileDescriptor(("one", "two"))  # type: ignore

    def test_nothing_can_be_changed(self) -> None:
        for change in (
            lambda: setattr(DESCRIPTOR, "status", "ALL"),
            lambda: setattr(DESCRIPTOR, "another", 1),
            lambda: delattr(DESCRIPTOR, "status"),
        ):
            self.assertRaises(AttributeError, change)

    def test_equality_is_of_class_and_fields(self) -> None:
        same = FileDescriptor(
            status="NEW", file_type="KTL", file_timestamp="2026-11-20T08:00:00.250+02:00", file_reference="227166"
        )
        self.assertEqual((DESCRIPTOR, hash(DESCRIPTOR)), (same, hash(same)))
        self.assertEqual(len({DESCRIPTOR, same}), 1)
        self.assertNotEqual(DESCRIPTOR, DESCRIPTOR.to_dict())
        self.assertNotEqual(
            DESCRIPTOR, FileDescriptor(file_reference="1", file_timestamp="a", file_type="KTL", status="NEW")
        )
        self.assertNotEqual(Question(kind="a", text="b"), Question(kind="a", text="c"))

    def test_secrets_do_not_show(self) -> None:
        login = LoginResponse(id_token=SecretText("secret-token"), api_key=SecretText("secret-key"), response_text="OK")
        for text in (repr(login), str(login), f"{login}"):
            self.assertNotIn("secret", text)
            self.assertIn("response_text='OK'", text)
        self.assertNotIn("JBSWY3DP", repr(Question(kind="totp_code", text="enrol", secret="JBSWY3DP")))

    def test_pickled_and_copied_they_are_the_same(self) -> None:
        account = AccountInfo(type="customer", features=("a", "b"))
        login = LoginResponse(id_token=SecretText("token"), account=account, mfa_options=("SMS_MFA",), response_text="OK")
        cert = CertDescriptor(
            cert_name="a", expires=datetime(2030, 1, 1, tzinfo=timezone.utc), issuer="b", subject="c", serial="d", pem="e"
        )
        for one in (login, cert, DESCRIPTOR, Received(3, data=b"abc"), Received(5, Path("a.xml"))):
            for other in (pickle.loads(pickle.dumps(one)), copy.copy(one), copy.deepcopy(one)):
                self.assertEqual((type(other), other, hash(other)), (type(one), one, hash(one)))

    def test_a_map_inside_cannot_be_changed(self) -> None:
        class Named(Record):
            __slots__ = ()
            __match_args__ = ("values",)

            values: dict[str, str]

        given = {"a": "b"}
        named = Named(values=given)
        given["a"] = "c"
        self.assertEqual(named.values["a"], "b")
        with self.assertRaises(TypeError):
            named.values["a"] = "d"
        self.assertEqual((named, hash(named)), (Named(values={"a": "b"}), hash(Named(values={"a": "b"}))))

    def test_patterns_match(self) -> None:
        progress: Record = LogInProgressNeedsCode(
            kind="sms_code", text="Give the code", wrong=0, phone_missing=False, sealed=SecretText("x")
        )
        match progress:
            case LogInProgressNeedsCode(kind=kind):
                self.assertEqual(kind, "sms_code")
            case _:
                self.fail("no match")
        match DESCRIPTOR:
            case FileDescriptor(file_reference=reference, status="NEW"):
                self.assertEqual(reference, "227166")
            case _:
                self.fail("no match")
        self.assertEqual(FileDescriptor.__match_args__[0], "file_reference")

    def test_as_a_dict_results_inside_are_dicts_too(self) -> None:
        login = LoginResponse(account=AccountInfo(type="customer", features=("a",)), response_text="OK")
        self.assertEqual(
            login.to_dict(), {"account": {"type": "customer", "features": ["a"]}, "response_text": "OK"}
        )

    def test_received_content(self) -> None:
        inside = DownloadFileResponse(content=Received(3, data=b"abc"), response_text="OK")
        self.assertEqual((bytes(inside.content), len(inside.content), inside.content.path), (b"abc", 3, None))
        self.assertIs(inside.content.data, inside.content.data)
        self.assertTrue(Received(0, data=b""))
        self.assertNotEqual(Received(3, data=b"abc"), Received(3, data=b"abd"))
        self.assertNotIn("abc", repr(inside))
        with self.assertRaises(AttributeError):
            inside.content.size = 4  # type: ignore[misc]

    def test_every_class_has_a_docstring_and_so_has_every_method(self) -> None:
        for name in dir(WsChannel):
            if not name.startswith("_"):
                self.assertTrue(getattr(WsChannel, name).__doc__, name)
        self.assertTrue(FileDescriptor.__doc__)


if __name__ == "__main__":
    unittest.main()

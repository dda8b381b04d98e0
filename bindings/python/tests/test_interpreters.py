"""Several interpreters in a process, as servers such as mod_wsgi have: each gets results of its own classes."""

from __future__ import annotations

import os
import tempfile
import unittest

import prepared

APPLICATION = """
import decimal, pickle, sys
from collections import UserDict, UserList
sys.path[:] = {path!r}
from bankchannel import SecretText, WsChannel, iso20022
from bankchannel.ws_channel import GenerateKeyResponse
made = WsChannel().generate_key(name="You", email="you@example.test")
match made:
    case GenerateKeyResponse(): pass
    case other: raise SystemExit(f"another class: {{type(other)}}")
assert isinstance(made, GenerateKeyResponse) and type(made.private_key) is SecretText
assert type(pickle.loads(pickle.dumps(made))) is GenerateKeyResponse
payment = iso20022.make_payment(
    transactions=UserList([UserDict(
        amount=decimal.Decimal("1.50"), creditor={{"name": "B", "iban": "EE382200221020145685"}}, text="one"
    )]),
    debtor={{"name": "D", "iban": "FI2112345600000785"}}, execution_date="2027-01-04",
)
assert type(payment.control_sum) is decimal.Decimal, type(payment.control_sum)
print({name!r}, flush=True)
"""

PROGRAM = """
import sys
if sys.version_info >= (3, 13):
    import _interpreters as interpreters
    def run(code):
        failed = interpreters.exec(interpreters.create("legacy"), code)
        if failed: raise SystemExit(failed.formatted)
else:
    import _xxsubinterpreters as interpreters
    def run(code):
        shared = {"isolated": False} if sys.version_info >= (3, 12) else {}
        interpreters.run_string(interpreters.create(**shared), code)
application = %r
for name in ("first", "second"):
    run(application.format(path=sys.path, name=name))
exec(application.format(path=sys.path, name="main"))
""" % APPLICATION


class Interpreters(unittest.TestCase):
    def test_each_has_its_own_classes(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            printed = prepared.run(PROGRAM, {**os.environ}, folder)
        self.assertEqual(printed.split(), ["first", "second", "main"])


if __name__ == "__main__":
    unittest.main()

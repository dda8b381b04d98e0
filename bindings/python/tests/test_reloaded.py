"""Reloaded modules: `importlib.reload`, as notebooks do it, or after they were removed from `sys.modules`, as
some test runners do it. Results are of the present classes."""

from __future__ import annotations

import os
import tempfile
import unittest

import prepared

PROGRAM = """
import importlib, pickle, sys
from pathlib import Path
from bankchannel import NextGenPsd2, iso20022

def check(iso20022, psd2, secrets, errors):
    read = iso20022.read_payment(content=Path({payment!r}))
    assert type(read) is iso20022.PaymentFile, type(read)
    assert type(read.batches[0]) is type(pickle.loads(pickle.dumps(read.batches[0]))), "inside"
    made = psd2.NextGenPsd2().make_certificates()
    assert type(made) is psd2.MakeCertificatesResponse, type(made)
    assert type(made.qseal_key) is secrets.SecretText, type(made.qseal_key)
    try:
        iso20022.read_payment(content=b"")
    except errors.InvalidInputError as error:
        assert isinstance(error, errors.BankchannelError)
    else:
        raise SystemExit("no error")
    return made

def modules():
    names = ("iso20022", "nextgen_psd2", "_secret", "errors")
    return [importlib.import_module("bankchannel." + name) for name in names]

before = check(*modules())
for name in ("iso20022", "nextgen_psd2", "_secret", "errors"):
    importlib.reload(sys.modules["bankchannel." + name])
    check(*modules())
old = modules()
for name in [name for name in sys.modules if name.partition(".")[0] == "bankchannel"]:
    del sys.modules[name]
new = modules()
assert new[0].PaymentFile is not old[0].PaymentFile
check(*new)
# A secret from before is still one.
new[1].NextGenPsd2(certificate=before.qseal_certificate, private_key=before.qseal_key).close()

# Any part alone, and the package itself.
import bankchannel
for name in ("_errors", "errors", "_secret", "nextgen_psd2"):
    importlib.reload(sys.modules["bankchannel." + name])
    importlib.reload(bankchannel)
    check(*modules())
    assert bankchannel.InvalidInputError is sys.modules["bankchannel.errors"].InvalidInputError, name
    assert bankchannel.NextGenPsd2 is sys.modules["bankchannel.nextgen_psd2"].NextGenPsd2, name
del sys.modules["bankchannel._errors"], sys.modules["bankchannel.errors"]
check(*modules())

# For a while only.
from unittest.mock import patch
kept = modules()
with patch.dict(sys.modules):
    for name in [name for name in sys.modules if name.startswith("bankchannel.") and name != "bankchannel._native"]:
        del sys.modules[name]
    check(*modules())
check(*kept)
print("same")
"""


class Reloaded(unittest.TestCase):
    def test_results_are_of_the_classes_that_are_there_now(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            printed = prepared.run(PROGRAM.format(payment=str(prepared.PAYMENT)), {**os.environ}, folder)
        self.assertEqual(printed.split(), ["same"])


if __name__ == "__main__":
    unittest.main()

"""A web handler that uploads a payment file and shows its status, with Flask.

    ISECURE_EMAIL=… ISECURE_PASSWORD=… ISECURE_MODE=data ISECURE_API_KEY=… ISECURE_BANK=… PAYMENT_KEY_FILE=key.asc \\
        gunicorn --preload --workers 4 --threads 8 flask_payments:app

    curl -F payment=@pain.001.xml http://127.0.0.1:8000/payments        → 202 and the payment's address
    curl http://127.0.0.1:8000/payments/MESSAGE-ID                      → what the bank said of it

One client serves all threads, and all workers that a preloading server forks.
"""

from __future__ import annotations

import os
import re
from typing import Any

from bankchannel import AuthenticationError, BankchannelError, WsChannel
from flask import Flask, request, url_for

app = Flask(__name__)
client = WsChannel.from_env(renew_session=True)
Answer = tuple[dict[str, Any], int]


@app.post("/payments")
def upload() -> Answer:
    """Checks the file, signs it, and sends it to the bank."""
    payment = request.files["payment"].read()
    checked = client.check_payment_file(content=payment)
    if not checked.ok or checked.payment is None:
        return {"problems": [problem.to_dict() for problem in checked.problems]}, 422
    logged_in()
    client.sign_and_upload(
        content=payment,
        file_name=f"{checked.payment.message_id}.xml",
        file_type=str(checked.message_name),
        private_key={"file": os.environ["PAYMENT_KEY_FILE"]},
    )
    message_id = checked.payment.message_id
    return {"message_id": message_id, "status": url_for("status", message_id=message_id)}, 202


@app.get("/payments/<message_id>")
def status(message_id: str) -> Answer:
    """Looks for the bank's status report on this message."""
    logged_in()
    for file in client.list_files(file_type="pain.002.001.10", status="ALL").file_descriptors:
        received = client.download_file(file_type=file.file_type, file_reference=file.file_reference)
        report = received.content.data.decode()
        if text(report, "OrgnlMsgId") == message_id:
            return {"message_id": message_id, "group_status": text(report, "GrpSts")}, 200
    return {"message_id": message_id, "group_status": None}, 200


@app.errorhandler(BankchannelError)
def failed(error: BankchannelError) -> Answer:
    """What the caller must know: whether the payment may have reached the bank."""
    app.logger.error("%s", error)
    return {"error": error.code, "message": error.message, "outcome": error.outcome}, 503 if error.retryable else 502


def logged_in() -> None:
    """A data session asks for no code. The client keeps it, and renews it when it ends."""
    try:
        client.export_session(seal_key=os.urandom(32).hex())
    except AuthenticationError:
        client.log_in()


def text(report: str, tag: str) -> str | None:
    """The text of an element that stands once in a status report."""
    found = re.search(rf"<{tag}>([^<]*)</{tag}>", report)
    return found[1] if found else None

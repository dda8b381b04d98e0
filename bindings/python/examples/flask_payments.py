"""A web handler that uploads a payment file and shows its status, with Flask.

    ISECURE_EMAIL=… ISECURE_PASSWORD=… ISECURE_MODE=data ISECURE_API_KEY=… ISECURE_BANK=… PAYMENT_KEY_FILE=key.asc \\
        PAYMENTS=/var/lib/payments gunicorn --preload --workers 4 --threads 8 flask_payments:app

    curl -F payment=@pain.001.xml http://127.0.0.1:8000/payments        → 202 and the payment's address
    curl http://127.0.0.1:8000/payments/MESSAGE-ID                      → the bank's status
    flask --app flask_payments fetch                                    → fetches the bank's reports, from cron

A payment that is posted twice is sent once: PAYMENTS stores each message, for all workers. Only `fetch` fetches files from
the bank, since the bank then counts them as downloaded; the reports stay in PAYMENTS, for every reader.
One client serves all threads, and all workers that a preloading server forks.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from bankchannel import AuthenticationError, BankchannelError, WsChannel, iso20022
from flask import Flask, request, url_for

app = Flask(__name__)
client = WsChannel.from_env(renew_session=True)
folder = Path(os.environ.get("PAYMENTS", "payments"))
reports = folder / "reports"
reports.mkdir(parents=True, exist_ok=True)
Answer = tuple[dict[str, Any], int]


@app.post("/payments")
def upload() -> Answer:
    """Checks the file, signs it, and sends it to the bank: only once, even if it is posted again."""
    payment = request.files["payment"].read()
    checked = client.check_payment_file(content=payment)
    message_id = checked.payment.message_id if checked.payment else None
    if not checked.ok or message_id is None:
        return {"findings": [finding.to_dict() for finding in checked.findings]}, 422
    told = {"message_id": message_id, "status": url_for("status", message_id=message_id)}
    record, digest = record_of(message_id), hashlib.sha256(payment).hexdigest()
    logged_in()
    try:
        # The request that creates the record sends the payment; of two simultaneous ones, only one does.
        with record.open("x") as file:
            file.write(digest)
    except FileExistsError:
        # A different file with the same message id is not a repetition.
        same = record.read_text() in (digest, "")
        return (told, 202) if same else ({**told, "error": "another payment has this message id"}, 409)
    try:
        client.sign_and_upload(
            content=payment,
            file_name=f"{message_id}.xml",
            file_type=str(checked.message_name),
            private_key={"file": os.environ["PAYMENT_KEY_FILE"]},
        )
    except BankchannelError as error:
        # It did not reach the bank: it may be posted again. Otherwise the record stays: first check the bank's files.
        if error.outcome in (None, "not_sent", "refused"):
            record.unlink()
        raise
    return told, 202


@app.get("/payments/<message_id>")
def status(message_id: str) -> Answer:
    """Searches the fetched files for the bank's status report on this message."""
    if not record_of(message_id).exists():
        return {"error": "no such payment"}, 404
    for path in reports.iterdir():
        for report in iso20022.read_status_report(content=path).reports:
            if report.original_message_id == message_id:
                return {"message_id": message_id, "group_status": report.status.code if report.status else None}, 200
    return {"message_id": message_id, "group_status": None}, 200


@app.cli.command("fetch")
def fetch() -> None:
    """Fetches the bank's new status reports into the folder."""
    logged_in()
    client.download_new_files(file_type="pain.002.001.10", directory=reports)


@app.errorhandler(BankchannelError)
def failed(error: BankchannelError) -> Answer:
    """The information for the caller: whether the payment may have reached the bank."""
    app.logger.error("%s", error)
    return {"error": error.code, "message": error.message, "outcome": error.outcome}, 503 if error.retryable else 502


def logged_in() -> None:
    """A data session needs no code. The client keeps it, and renews it when it ends."""
    try:
        client.export_session(seal_key=os.urandom(32).hex())
    except AuthenticationError:
        client.log_in()


def record_of(message_id: str) -> Path:
    """The record that this message was sent. The id is the caller's text, so it is not used as a file name."""
    return folder / hashlib.sha256(message_id.encode()).hexdigest()

"""A bank's connector to Salt Edge, with Flask: requests of Salt Edge, the bank's answers, and its page for the customer.

    bankchannel check salt-edge-connector --init check.json > settings.json
    SETTINGS=settings.json STORE=store CODE_KEY=$(openssl rand -hex 32) CODES=connector/outbox.jsonl PUBLIC_URL=http://127.0.0.1:8080 \\
        gunicorn --workers 2 --threads 8 --limit-request-field_size 32768 --bind 127.0.0.1:8080 salt_edge_flask:app
    bankchannel check salt-edge-connector http://127.0.0.1:8080 --settings check.json

SETTINGS are the settings of `SaltEdgeConnector` as JSON. STORE is the folder that all workers share, or PostgreSQL's
address. One-time codes are appended to CODES: a bank sends them to the customer. PUBLIC_URL is this program's address for
browsers. All names and amounts are invented.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from decimal import Decimal
from pathlib import Path

from bankchannel import SaltEdgeConnector
from bankchannel.salt_edge_connector import (
    AuthenticateQuestion,
    BankAccount,
    BankCustomer,
    BankTransaction,
    ConfirmQuestion,
    GetCustomerAnswer,
    GetCustomerQuestion,
    ListAccountsAnswer,
    ListAccountsQuestion,
    ListTransactionsAnswer,
    ListTransactionsQuestion,
    NoticeQuestion,
    ReconnectQuestion,
    RefreshQuestion,
    RefusedByBank,
    Step,
    StepApproved,
    StepCodeNeeded,
    StepDone,
    StepRedirect,
    StepRefused,
)
from bankchannel.web import Worker, wsgi
from flask import Flask, Response, redirect, render_template_string, request
from flask.typing import ResponseReturnValue
from werkzeug.middleware.dispatcher import DispatcherMiddleware

CODE_KEY = os.environ["CODE_KEY"].encode()
CODES = Path(os.environ["CODES"])
PUBLIC_URL = os.environ["PUBLIC_URL"].rstrip("/")

#: Customers by login: the bank's own id, a password (a bank does not store it in clear text), a name, and an account.
CUSTOMERS = {
    "anna": ("1001", "anna-password", "Anna Example", "501"),
    "ben": ("1002", "ben-password", "Ben Example", "601"),
}


def signed_in(login: str, password: str) -> str | None:
    """The id of the customer with this login and password."""
    user_id, right, _, _ = CUSTOMERS.get(login, (None, "", "", ""))
    return user_id if hmac.compare_digest(right.encode(), password.encode()) else None


def code_of(session_id: str) -> str:
    """The code of a session, derived from its id: any worker can compute it at any time."""
    mac = hmac.digest(CODE_KEY, session_id.encode(), hashlib.sha256)
    return f"{int.from_bytes(mac[:8], 'big') % 1_000_000:06}"


class Bank:
    """The connector's questions to the bank."""

    def authenticate(self, question: AuthenticateQuestion) -> Step:
        if question.authorization_type in (None, "oauth"):
            return StepRedirect(redirect_url=f"{PUBLIC_URL}/approve/{question.session_id}")
        if question.authorization_type not in ("login_password", "login_password_sms"):
            return StepRefused(error_class="InvalidAuthorizationType")
        given = {field: value.reveal() for field, value in question.credentials.items()}
        user_id = signed_in(given.get("login", ""), given.get("password", ""))
        if user_id is None:
            return StepRefused(error_class="InvalidCredentials")
        if question.authorization_type == "login_password":
            return StepApproved(user_id=user_id)
        CODES.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(CODES, "a", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(json.dumps({"user_id": user_id, "code": code_of(question.session_id)}) + "\n")
        return StepCodeNeeded(field="sms", instruction="Enter the code that was sent to you", user_id=user_id)

    def confirm(self, question: ConfirmQuestion) -> Step:
        given = question.credentials["sms"].reveal() if "sms" in question.credentials else ""
        is_right = hmac.compare_digest(given.strip().encode(), code_of(question.session_id).encode())
        if not is_right or question.user_id is None:
            return StepRefused(error_class="InvalidConfirmationCode")
        return StepApproved(user_id=question.user_id)

    def reconnect(self, question: ReconnectQuestion) -> Step:
        return StepApproved(user_id=question.user_id)

    def refresh(self, question: RefreshQuestion) -> Step:
        return StepDone()

    def list_accounts(self, question: ListAccountsQuestion) -> ListAccountsAnswer:
        accounts = [
            BankAccount(
                id=account_id,
                name="Salary",
                nature="checking",
                currency_code="EUR",
                balance=Decimal("2417.30"),
                available_amount=Decimal("2417.30"),
                payment_account=True,
            )
            for user_id, _, _, account_id in CUSTOMERS.values()
            if user_id == question.user_id
        ]
        return ListAccountsAnswer(accounts=accounts)

    def list_transactions(self, question: ListTransactionsQuestion) -> ListTransactionsAnswer:
        owned = [account_id for user_id, _, _, account_id in CUSTOMERS.values() if user_id == question.user_id]
        if question.account_id not in owned:
            return ListTransactionsAnswer(refused=RefusedByBank(error_class="AccountNotFound"))
        # The requested days, or instants: the first ten characters are the day.
        day = question.to_date[:10]
        salary = BankTransaction(
            id=f"{question.account_id}-{day}",
            account_id=question.account_id,
            amount=Decimal("2100.00"),
            currency_code="EUR",
            description="Salary",
            made_on=day,
            status="posted",
        )
        return ListTransactionsAnswer(transactions=[salary])

    def get_customer(self, question: GetCustomerQuestion) -> GetCustomerAnswer:
        (name,) = [name for user_id, _, name, _ in CUSTOMERS.values() if user_id == question.user_id]
        return GetCustomerAnswer(customer=BankCustomer(name=name))

    def notice(self, question: NoticeQuestion) -> None:
        app.logger.info("Salt Edge gives notice: %s", question.kind)


PAGE = """<!doctype html><title>Your bank</title>
{% if said %}<p role="alert">{{ said }}</p>{% endif %}
{% if session %}<p>{{ session.app_name }} asks for: {{ session.scopes | join(", ") }}, for {{ session.consent_period_days }} days.</p>
<form method="post"><label>Login <input name="login" autocomplete="username"></label>
<label>Password <input name="password" type="password" autocomplete="current-password"></label>
<button name="answer" value="approve">Allow</button> <button name="answer" value="deny">Refuse</button></form>{% endif %}"""

app = Flask(__name__)
connector = SaltEdgeConnector(**json.loads(Path(os.environ["SETTINGS"]).read_text()), store=os.environ["STORE"], bank=Bank())
worker = Worker(connector)
app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/api/priora": wsgi(connector, worker)})  # type: ignore[method-assign]


@app.route("/approve/<session_id>", methods=["GET", "POST"])
def approve(session_id: str) -> ResponseReturnValue:
    """The bank's page: the customer signs in, and allows or refuses."""
    session = connector.get_session(session_id=session_id).session
    if session is None or not session.is_open:
        return render_template_string(PAGE, said="This is over, or never was: begin again in the app that sent you here."), 404
    if request.method == "GET":
        return render_template_string(PAGE, session=session)
    user_id = signed_in(request.form.get("login", ""), request.form.get("password", ""))
    if user_id is None:
        return render_template_string(PAGE, session=session, said="Login or password is wrong."), 403
    if request.form.get("answer") == "approve":
        end = connector.approve_session(session_id=session_id, user_id=user_id)
    else:
        end = connector.refuse_session(session_id=session_id)
    worker.wake()
    return redirect(end.redirect_url, 303) if end.redirect_url else render_template_string(PAGE, said="You may close this page.")


@app.after_request
def guarded(response: Response) -> Response:
    """Other sites must not frame the page, or learn its address, which contains the session."""
    response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response

"""Sends the codes of a WS Channel service as SMS: the program behind the service's `webhook`, with the standard library alone.

    SMS_GATEWAY=twilio TWILIO_ACCOUNT=AC… TWILIO_TOKEN=… TWILIO_FROM=+358… python sms_gateway.py 8081
    SMS_GATEWAY=gatewayapi GATEWAYAPI_TOKEN=… GATEWAYAPI_SENDER=Company python sms_gateway.py 8081

The service's configuration:

    delivery_of_sms = "webhook"
    [webhook]
    url = "http://127.0.0.1:8081/notices"
    secret_file = "/run/secrets/webhook-secret"        # the same file as WEBHOOK_SECRET_FILE here

A notice is the gateway's once it has answered with 2xx, and only then this program says so: until then the service sends it again.
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

#: The largest notice, in bytes.
LARGEST = 64 * 1024
#: How old a signature may be, in seconds.
OLDEST = 300

Notice = Mapping[str, object]


def text_of(notice: Notice) -> str:
    """What the phone shows."""
    what = "for a new password" if notice["purpose"] == "password_reset" else "for the payment service"
    return f"Your code {what}: {notice['code']}"


def to_twilio(notice: Notice) -> urllib.request.Request:
    """Twilio, Programmable Messaging: https://www.twilio.com/docs/messaging/api/message-resource."""
    account, token = os.environ["TWILIO_ACCOUNT"], os.environ["TWILIO_TOKEN"]
    base = os.environ.get("TWILIO_URL", "https://api.twilio.com")
    form = {"To": str(notice["to"]), "From": os.environ["TWILIO_FROM"], "Body": text_of(notice)}
    login = base64.b64encode(f"{account}:{token}".encode()).decode()
    return urllib.request.Request(
        f"{base}/2010-04-01/Accounts/{account}/Messages.json",
        urllib.parse.urlencode(form).encode(),
        {"Authorization": f"Basic {login}", "Content-Type": "application/x-www-form-urlencoded"},
    )


def to_gatewayapi(notice: Notice) -> urllib.request.Request:
    """GatewayAPI, REST: https://gatewayapi.com/docs/apis/rest/. It takes a number without the plus."""
    base = os.environ.get("GATEWAYAPI_URL", "https://gatewayapi.com")
    message = {
        "sender": os.environ["GATEWAYAPI_SENDER"],
        "message": text_of(notice),
        "recipients": [{"msisdn": int(str(notice["to"]).lstrip("+"))}],
        # The same notice, sent again, is the same message.
        "userref": notice["id"],
    }
    token = os.environ["GATEWAYAPI_TOKEN"]
    return urllib.request.Request(
        f"{base}/rest/mtsms",
        json.dumps(message).encode(),
        {"Authorization": f"Token {token}", "Content-Type": "application/json"},
    )


GATEWAYS: dict[str, Callable[[Notice], urllib.request.Request]] = {"twilio": to_twilio, "gatewayapi": to_gatewayapi}


def is_signed(secret: bytes, when: str, path: str, body: bytes, signature: str) -> bool:
    """Whether the service has made this request, a moment ago."""
    expected = hmac.new(secret, f"{when}\n{path}\n".encode() + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, signature) and when.isdigit() and abs(time.time() - int(when)) <= OLDEST


class Notices(BaseHTTPRequestHandler):
    secret: bytes
    gateway: Callable[[Notice], urllib.request.Request]

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", "0"))
        if not 0 < length <= LARGEST:
            return self.say(413)
        body = self.rfile.read(length)
        when, signature = self.headers.get("Notice-Time", ""), self.headers.get("Notice-Signature", "")
        if not is_signed(self.secret, when, self.path, body, signature):
            return self.say(401)
        notice = json.loads(body)
        if notice["channel"] != "sms":
            # Of no use here: the service gives it up, and says so in its log.
            return self.say(422)
        try:
            with urllib.request.urlopen(type(self).gateway(notice), timeout=20) as answer:
                return self.say(204 if 200 <= answer.status < 300 else 502)
        except urllib.error.HTTPError as refused:
            # 400: the number is none. Anything else may be better later.
            return self.say(422 if refused.code == 400 else 502)
        except OSError:
            return self.say(502)

    def say(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        """Neither codes nor numbers belong into a log."""


def main() -> None:
    Notices.secret = Path(os.environ["WEBHOOK_SECRET_FILE"]).read_text().strip().encode()
    Notices.gateway = staticmethod(GATEWAYS[os.environ["SMS_GATEWAY"]])
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Notices)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()

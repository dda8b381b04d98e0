"""The example that sends codes as SMS: with gateways that only keep what they get."""

import base64
import hashlib
import hmac
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "sms_gateway.py"
SECRET = "0123456789abcdef0123456789abcdef"
NOTICE = {
    "id": "8d0c…",
    "channel": "sms",
    "to": "+358401234567",
    "purpose": "mfa",
    "email": "me@example.test",
    "mode": "admin",
    "code": "004711",
    "expires_at": "2026-01-01T00:00:00.000Z",
}


class Gateway(BaseHTTPRequestHandler):
    """Keeps each request; answers with the status in `says`."""

    got: list[tuple[str, str, bytes]] = []
    says = 201

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append((self.path, self.headers["Authorization"], body))
        self.send_response(self.says)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        pass


class SmsGateway(unittest.TestCase):
    def setUp(self) -> None:
        Gateway.got, Gateway.says = [], 201
        self.gateway = ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
        threading.Thread(target=self.gateway.serve_forever, daemon=True).start()
        self.addCleanup(self.gateway.server_close)
        self.addCleanup(self.gateway.shutdown)

    def start(self, kind: str) -> str:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        secret = Path(folder.name, "secret")
        secret.write_text(SECRET + "\n")
        url = f"http://127.0.0.1:{self.gateway.server_port}"
        own = {
            "SMS_GATEWAY": kind,
            "WEBHOOK_SECRET_FILE": str(secret),
            "TWILIO_ACCOUNT": "AC1",
            "TWILIO_TOKEN": "planted",
            "TWILIO_FROM": "+358400000000",
            "TWILIO_URL": url,
            "GATEWAYAPI_TOKEN": "planted",
            "GATEWAYAPI_SENDER": "Company",
            "GATEWAYAPI_URL": url,
        }
        running = subprocess.Popen(
            [sys.executable, str(EXAMPLE), "0"], env={**os.environ, **own}, stdout=subprocess.PIPE, text=True
        )
        self.addCleanup(running.wait)
        self.addCleanup(running.kill)
        assert running.stdout is not None
        self.addCleanup(running.stdout.close)
        return f"http://127.0.0.1:{int(running.stdout.readline())}/notices"

    def post(self, url: str, notice: object, secret: str = SECRET, age: int = 0) -> int:
        body, when = json.dumps(notice).encode(), str(int(time.time()) - age)
        signature = hmac.new(secret.encode(), f"{when}\n/notices\n".encode() + body, hashlib.sha256).hexdigest()
        request = urllib.request.Request(url, body, {"Notice-Time": when, "Notice-Signature": signature})
        try:
            with urllib.request.urlopen(request) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refused:
            return refused.code

    def test_twilio(self) -> None:
        url = self.start("twilio")
        self.assertEqual(self.post(url, NOTICE), 204)
        path, login, body = Gateway.got[0]
        self.assertEqual(path, "/2010-04-01/Accounts/AC1/Messages.json")
        self.assertEqual(login, "Basic " + base64.b64encode(b"AC1:planted").decode())
        form = urllib.parse.parse_qs(body.decode())
        self.assertEqual((form["To"], form["From"]), (["+358401234567"], ["+358400000000"]))
        self.assertIn("004711", form["Body"][0])

    def test_gatewayapi(self) -> None:
        url = self.start("gatewayapi")
        self.assertEqual(self.post(url, NOTICE), 204)
        path, login, body = Gateway.got[0]
        self.assertEqual((path, login), ("/rest/mtsms", "Token planted"))
        message = json.loads(body)
        self.assertEqual((message["recipients"], message["userref"]), ([{"msisdn": 358401234567}], NOTICE["id"]))
        self.assertIn("004711", message["message"])

    def test_what_is_not_the_services_is_refused_and_what_the_gateway_refuses_is_said(self) -> None:
        url = self.start("twilio")
        self.assertEqual(self.post(url, NOTICE, secret=SECRET[::-1]), 401)
        self.assertEqual(self.post(url, NOTICE, age=3600), 401)
        self.assertEqual(self.post(url, {**NOTICE, "channel": "email"}), 422)
        self.assertEqual(Gateway.got, [])
        for says, told in [(500, 502), (429, 502), (400, 422)]:
            Gateway.says = says
            self.assertEqual(self.post(url, NOTICE), told)


if __name__ == "__main__":
    unittest.main()

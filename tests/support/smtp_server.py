"""A mail server for tests: each message that it takes is a line of JSON on standard output; the first line has its port.

    smtp_server.py MODE [CERTIFICATE KEY] [--refuse ADDRESS CODE]...

MODE: plain, starttls, tls. With --refuse an address gets this code in place of being taken: three digits, and the enhanced code after
a slash if it is not 5.1.1; the code 000 stands for no answer at all. A login with user `user` and password `planted-password` is demanded with starttls and tls.
"""

import asyncio
import json
import ssl
import sys
from email import message_from_bytes, policy

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


def told(line):
    print(json.dumps(line), flush=True)


class Handler:
    def __init__(self, refused):
        self.refused = refused

    async def handle_RCPT(self, server, session, envelope, address, options):
        code = self.refused.get(address)
        if code == "000":
            await asyncio.sleep(3600)
        if code:
            # With the address in it, as servers do.
            code, _, enhanced = code.partition("/")
            return f"{code} {enhanced or '5.1.1'} <{address}>: refused"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = message_from_bytes(envelope.content, policy=policy.default)
        told(
            {
                "from": envelope.mail_from,
                "to": envelope.rcpt_tos,
                "tls": session.ssl is not None or server.transport.get_extra_info("ssl_object") is not None,
                "subject": message["Subject"],
                "id": message["Message-ID"],
                "text": message.get_content(),
            }
        )
        return "250 taken"


def login(server, session, envelope, mechanism, data):
    is_right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"user", b"planted-password")
    return AuthResult(success=is_right)


def main():
    arguments = sys.argv[1:]
    mode, refused, files = arguments.pop(0), {}, []
    while arguments:
        if arguments[0] == "--refuse":
            _, address, code = arguments.pop(0), arguments.pop(0), arguments.pop(0)
            refused[address] = code
        else:
            files.append(arguments.pop(0))
    options, wrapped = {"hostname": "mail.test"}, None
    if mode != "plain":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*files)
        options |= {"authenticator": login, "auth_required": True}
        if mode == "starttls":
            options |= {"tls_context": context, "require_starttls": True}
        else:
            options |= {"auth_require_tls": False}
            wrapped = context
    asyncio.run(serve(lambda: SMTP(Handler(refused), **options), wrapped))


async def serve(factory, context):
    loop = asyncio.get_running_loop()
    server = await loop.create_server(factory, "127.0.0.1", 0, ssl=context)
    told({"port": server.sockets[0].getsockname()[1]})
    # Until whoever started it is gone.
    await loop.run_in_executor(None, sys.stdin.read)


main()

"""Code that the type checker must accept, in the style of users. `test_types.py` checks it; it is not run."""

from bankchannel import AsyncWsChannel, NextGenPsd2, NextGenPsd2Bank, Question, SecretText, WsChannel, codes, errors
from bankchannel.nextgen_psd2 import NextGenPsd2Settings
from bankchannel.ws_channel import AsyncWsChannelSettings, LoginResponse, WsChannelSettings


def code(question: Question) -> str:
    return "123456"


async def code_later(question: Question) -> str:
    return "123456"


settings: WsChannelSettings = {"email": "user@example.test", "mode": "data", "on_code": code}
client = WsChannel(**settings)
later = AsyncWsChannel(**settings)
asynchronous: AsyncWsChannelSettings = {"email": "user@example.test", "on_code": code_later}
later = AsyncWsChannel(**asynchronous)
later = AsyncWsChannel.from_env(**asynchronous)

with NextGenPsd2Bank() as bank:
    party: NextGenPsd2Settings = {"base_url": bank.base_url, "ca_file": bank.ca_file, "private_key": {"file": "key.pem"}}
    with NextGenPsd2(**party) as tpp:
        tpp.get_accounts()

for new_file in client.iter_new_files(directory="statements", file_type="camt.053.001.02", status="NEW"):
    place: str | None = new_file.path


async def fetch() -> list[str]:
    return [file.file_reference async for file in later.iter_new_files(directory="statements", on_code=code_later)]


# A secret of a result is accepted in settings and requests.
session = client.log_in()
key: str = session.api_key.reveal()
again = WsChannel(api_key=session.api_key, id_token=session.id_token)
planned = LoginResponse(id_token=SecretText("token"), response_text="OK")
refused = errors.PeerRefusedError(code=codes.WS_CHANNEL_UPLOAD_REJECTED, outcome="refused", peer=errors.Peer(code="24"))

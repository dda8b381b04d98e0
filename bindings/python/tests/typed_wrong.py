"""Code that the type checker must refuse: every line marked `error`. `test_types.py` compares."""

from array import array
from pathlib import Path

from bankchannel import AsyncWsChannel, BankchannelError, Question, SignatureRequest, WsChannel
from bankchannel.ws_channel import FileDescriptor

client = WsChannel(email="user@example.test", mode="data")
WsChannel(mode="boss")  # error: arg-type
WsChannel("user@example.test")  # error: arg-type call-arg
client.list_files("simulator")  # error: call-arg
client.list_files(bank="no such bank")  # error: arg-type
client.list_files(status="new")  # error: arg-type
client.list_files(timeout="1")  # error: arg-type
client.list_files(no_such_field=1)  # error: call-arg
client.download_file(file_type="KTL")  # error: call-arg
client.upload_file(content="text", file_name="a", file_type="b", signature="c")  # error: arg-type
client.upload_file(content=Path("a"), file_name="a", file_type="b", signature="c", bank="simulator")
client.upload_file(content=array("B", b"a"), file_name="a", file_type="b", signature="c")  # error: arg-type


async def code(question: Question) -> str:
    return "123456"


async def sign(request: SignatureRequest) -> bytes:
    return b""


WsChannel(on_code=code)  # error: arg-type
client.log_in(on_code=code)  # error: arg-type
WsChannel(signer=sign)  # error: arg-type
AsyncWsChannel(on_code=code, signer=sign)
WsChannel(on_code=lambda question: 5)  # error: arg-type return-value
WsChannel(signer=lambda request: "text")  # error: arg-type return-value
WsChannel.from_env(mode="boss")  # error: arg-type
WsChannel.from_env(no_such_setting=1)  # error: call-arg
WsChannel.from_env(on_code=code)  # error: arg-type
WsChannel.from_env(signer=sign)  # error: arg-type
AsyncWsChannel.from_env(on_code=code, signer=sign)
client.call(5)  # error: arg-type
client.call("ws_channel.list_files", {}).file_descriptors  # error: attr-defined
client.download_file(file_type="a", file_reference="b", destination="c")  # error: arg-type
client.check_payment_file(content=Path("a"), timeout=1)  # error: call-arg
FileDescriptor(file_type="KTL")  # error: call-arg
Question(kind="sms_code", text="a").kind.no_such_method()  # error: attr-defined


def use(descriptor: FileDescriptor) -> int:
    descriptor.status = "NEW"  # error: misc
    return descriptor.file_reference  # error: return-value


def why(error: BankchannelError) -> bool:
    if error.outcome == "no such outcome":  # error: comparison-overlap
        return True
    return error.context  # error: return-value


async def later(client: AsyncWsChannel) -> str:
    client.list_files().response_text  # error: attr-defined
    return (await client.list_files()).response_text

"""What the type checker must refuse: every line marked `error` is one. `test_types.py` compares."""

from pathlib import Path

from bankchannel import AsyncWsChannel, WsChannel
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
client.upload_file(file_contents="text", file_name="a", file_type="b", signature="c")  # error: arg-type
client.upload_file(file_contents=Path("a"), file_name="a", file_type="b", signature="c", bank="simulator")


def use(descriptor: FileDescriptor) -> int:
    descriptor.status = "NEW"  # error: misc
    return descriptor.file_reference  # error: return-value


async def later(client: AsyncWsChannel) -> str:
    client.list_files().response_text  # error: attr-defined
    return (await client.list_files()).response_text

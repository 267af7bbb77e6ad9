"""martlet.proto as the official protobuf runtime sees it, and frames in the canonical form of both encodings."""

import json
import pathlib
import subprocess
import tempfile

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

HERE = pathlib.Path(__file__).resolve().parent
PROTO = HERE.parent.parent / "Sources" / "MartletProtocol" / "martlet.proto"


def load():
    """The classes of ClientEnvelope and ServerEnvelope, by name."""
    with tempfile.NamedTemporaryFile(suffix=".pb") as out:
        subprocess.run(
            ["protoc", f"--proto_path={PROTO.parent}", f"--descriptor_set_out={out.name}", PROTO.name], check=True
        )
        files = descriptor_pb2.FileDescriptorSet.FromString(pathlib.Path(out.name).read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"martlet.v1.{name}"))
        for name in ("ClientEnvelope", "ServerEnvelope")
    }


def to_proto(message):
    return message.SerializeToString(deterministic=True)


def to_json(message):
    """Without space, fields by number, only what must be escaped."""
    return json.dumps(json_format.MessageToDict(message), separators=(",", ":"), ensure_ascii=False).encode()

#!/usr/bin/env python3
"""Writes one file per frame and encoding with the official protobuf runtime: client-send.json, client-send.pb.

    pip install -r requirements.txt && ./make.py
"""

from google.protobuf import json_format

from schema import HERE, load, to_json, to_proto

MAX = 2**63 - 1
NASTY = 'a "quote" \\ / \b\f\n\r\t\x01\x7f \u00e9 \u4f60\u597d \U0001f600 \u2028'
HEADERS = [{"name": "push", "value": "silent"}, {"name": "", "value": NASTY}]
TEXT = {"content": {"text": NASTY}, "headers": HEADERS}
BYTES = {"content": {"contentType": "application/octet-stream", "bytes": "AAECA/v8/f7/"}}
ENTRY = {
    "seq": 300, "prev": 0, "prevInConversation": 12, "id": str(2**64 - 1), "from": "alice", "actor": "bot",
    "device": "phone", "clientSequence": 7, "conversation": {"user": "bob"}, "time": 1735689600000,
    "type": "edit", "target": {"id": "9", "seq": 3}, "expiresAt": str(MAX), **TEXT,
}
SPARSE = {"seq": 1, "id": 1, "from": "\u00fc", "conversation": {"group": "team"}, "type": "message"}
LONG = {**SPARSE, "content": {"text": "x" * 20000}}
STATE = {
    "peer": {"user": "bob"}, "lastSeq": 1, "unread": 2, "readUpTo": 3, "peerReceived": 4, "peerRead": 5, "changedAt": 6,
}
DEVICE = {
    "device": "tab", "state": "online", "edge": "gateway-1", "home": "gateway-2", "epoch": 9,
    "leaseAgeMilliseconds": 20, "since": 30, "lastSeen": 40,
}

CLIENT = {
    "hello": {"token": "a.b.c", "device": "phone", "generation": 1, "cursor": str(MAX), "followsRedirects": True},
    "send": {"clientSequence": str(2**64 - 1), "to": {"user": "bob"}, "type": "reaction",
             "target": {"id": "8", "seq": 2}, "expiresAt": 5, **TEXT},
    "signal": {"to": {"user": "bob"}, "type": "typing", **{"content": BYTES["content"]}},
    "ack": {"seq": 127},
    "read": {"conversation": {"group": "team"}, "seq": 128},
    "sync": {"after": 16384, "limit": 4294967295},
    "conversations": {"before": 1, "limit": 2},
    "history": {"conversation": {"user": "bob"}, "before": 3, "limit": 4},
    "presence": {"query": ["bob", "carol"], "subscribe": ["dave"], "unsubscribe": ["eve"]},
    "renew": {"token": "d.e.f"},
    "ping": {},
    # The same with little or nothing in them.
    "hello-empty": {},
    "send-group": {"clientSequence": 1, "to": {"group": "team"}, "type": "message", **BYTES},
    "send-empty-text": {"clientSequence": 1, "to": {"user": "b"}, "type": "message", "content": {"text": ""}},
    "signal-bare": {"to": {"user": "bob"}},
    "ack-empty": {},
}
SERVER = {
    "welcome": {
        "user": "alice", "device": "phone", "session": 3, "node": "gateway-1", "home": "gateway-2", "generation": 4,
        "cursor": 5, "resync": True, "head": 6, "lastClientSequence": 7, "rejectedClientSequences": [1, 300, str(MAX)],
        "heartbeatMilliseconds": 30000, "maxFrameBytes": 65536, "maxContentBytes": 32768, "time": 8,
    },
    "accepted": {"clientSequence": 1, "id": 2, "seq": 3, "prev": 0, "time": 4},
    "rejected": {"clientSequence": 1, "code": "outOfOrder", "reason": "r", "expected": 2, "retryAfterMilliseconds": 3},
    "messages": {"entries": [ENTRY, SPARSE, LONG]},
    "behind": {"head": 5},
    "synced": {"entries": [SPARSE, ENTRY], "conversations": [STATE], "upTo": 1, "floor": 2, "live": True},
    "conversations": {"conversations": [STATE, {"peer": {"group": "team"}}], "more": True},
    "history": {"conversation": {"user": "bob"}, "entries": [ENTRY], "more": True},
    "receipt": {"conversation": STATE},
    "presence": {"users": [{"user": "bob", "state": "online", "lastSeen": 1, "asOf": 2, "devices": [DEVICE, {}]},
                           {"user": "eve", "state": "unknown"}]},
    "signal": {"from": "alice", "type": "typing", "content": {"text": "x"}},
    "reconnect": {"address": "host:1", "afterMilliseconds": 5},
    "pong": {"time": 6},
    "error": {"code": "internal", "reason": NASTY, "retryAfterMilliseconds": 1},
    "messages-empty": {},
    "accepted-retry": {"clientSequence": 1, "id": 2},
}


def main():
    classes = load()
    for side, envelope, frames in (("client", "ClientEnvelope", CLIENT), ("server", "ServerEnvelope", SERVER)):
        for ref, (name, fields) in enumerate(frames.items()):
            value = {name.split("-")[0]: fields}
            if ref % 2 == 0:
                value["ref"] = str(ref * 1000)
            message = json_format.ParseDict(value, classes[envelope]())
            (HERE / "frames" / f"{side}-{name}.pb").write_bytes(to_proto(message))
            (HERE / "frames" / f"{side}-{name}.json").write_bytes(to_json(message))


if __name__ == "__main__":
    (HERE / "frames").mkdir(exist_ok=True)
    main()

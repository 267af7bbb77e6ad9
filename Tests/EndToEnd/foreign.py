"""Martlet spoken by other people's libraries: `websockets` or `aiohttp`, JSON or the official protobuf runtime.

Frames are dictionaries in the proto3 JSON mapping, whatever goes over the wire.
"""

import asyncio
import functools
import itertools
import json
from collections import deque
from contextlib import asynccontextmanager

import aiohttp
from google.protobuf import json_format
from schema import load
from websockets.asyncio.client import connect as websockets_connect
from websockets.exceptions import ConnectionClosed

ANSWER_SECONDS = 10


class Closed(Exception):
    """The server closed the connection."""

    def __init__(self, code, reason=""):
        super().__init__(f"{code} {reason}")
        self.code, self.reason = code, reason


class JSONCodec:
    subprotocol = "martlet.v1.json"

    def encode(self, frame):
        return json.dumps(frame)

    def decode(self, payload):
        assert isinstance(payload, str), "a binary frame on the text sub-protocol"
        return json.loads(payload)


@functools.cache
def classes():
    return load()


class ProtoCodec:
    subprotocol = "martlet.v1.proto"

    def encode(self, frame):
        return json_format.ParseDict(frame, classes()["ClientEnvelope"]()).SerializeToString()

    def decode(self, payload):
        assert isinstance(payload, bytes), "a text frame on the binary sub-protocol"
        return json_format.MessageToDict(classes()["ServerEnvelope"].FromString(payload))


class WebSocketsTransport:
    @staticmethod
    @asynccontextmanager
    async def open(url, subprotocol, headers=None):
        async with websockets_connect(
                url, subprotocols=[subprotocol], max_size=None, ping_interval=None, close_timeout=2, proxy=None,
                additional_headers=headers) as socket:
            yield WebSocketsTransport(socket)

    def __init__(self, socket):
        self.socket = socket

    async def send(self, payload):
        await self.socket.send(payload)

    async def receive(self):
        try:
            return await self.socket.recv()
        except ConnectionClosed:
            raise Closed(self.socket.close_code, self.socket.close_reason) from None

    async def close(self):
        await self.socket.close()


class AioHTTPTransport:
    @staticmethod
    @asynccontextmanager
    async def open(url, subprotocol, headers=None):
        async with aiohttp.ClientSession(headers=headers) as session:
            async with session.ws_connect(url, protocols=[subprotocol], max_msg_size=0) as socket:
                yield AioHTTPTransport(socket)

    def __init__(self, socket):
        self.socket = socket

    async def send(self, payload):
        await (self.socket.send_str if isinstance(payload, str) else self.socket.send_bytes)(payload)

    async def receive(self):
        message = await self.socket.receive()
        if message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
            return message.data
        raise Closed(self.socket.close_code, message.extra or "")

    async def close(self):
        await self.socket.close()


TRANSPORTS = {"websockets": WebSocketsTransport, "aiohttp": AioHTTPTransport}
CODECS = {"json": JSONCodec, "proto": ProtoCodec}


class Peer:
    """One connection of one device. What comes unasked is kept until somebody asks for it."""

    def __init__(self, transport, codec, user, device):
        self.transport, self.codec, self.user, self.device = transport, codec, user, device
        self.refs = itertools.count(1)
        self.numbers = itertools.count(1)
        self.waiting = deque()
        self.welcome = None

    async def say(self, **frame):
        ref = next(self.refs)
        await self.transport.send(self.codec.encode({"ref": str(ref), **frame}))
        return ref

    async def next(self, name, where=lambda frame: True, seconds=ANSWER_SECONDS):
        """The next frame of that name that fits; others are kept, in order."""
        for envelope in list(self.waiting):
            if name in envelope and where(envelope[name]):
                self.waiting.remove(envelope)
                return envelope[name]
        async with asyncio.timeout(seconds):
            while True:
                envelope = self.codec.decode(await self.transport.receive())
                if name in envelope and where(envelope[name]):
                    return envelope[name]
                self.waiting.append(envelope)

    async def ask(self, seconds=ANSWER_SECONDS, **frame):
        """The answer to a request, whatever it is, as (name, frame): found by its ref."""
        ref = str(await self.say(**frame))
        async with asyncio.timeout(seconds):
            while True:
                envelope = self.codec.decode(await self.transport.receive())
                if envelope.get("ref") == ref:
                    return next((name, value) for name, value in envelope.items() if name != "ref")
                self.waiting.append(envelope)

    async def answer(self, name, seconds=ANSWER_SECONDS, **frame):
        """The same, where the answer's name is known."""
        got, value = await self.ask(seconds, **frame)
        assert got == name, f"{name} expected: {got} {value}"
        return value

    async def send(self, to, text="", type="message", number=None, **more):
        number = number or next(self.numbers)
        if text:
            more["content"] = {"text": text}
        return await self.answer(
            "accepted", send={"clientSequence": str(number), "to": {"user": to}, "type": type, **more})

    async def entry(self, text, **more):
        """The pushed entry with this text."""
        frame = await self.next("messages", lambda messages: any(text_of(e) == text for e in messages["entries"]), **more)
        return next(entry for entry in frame["entries"] if text_of(entry) == text)

    async def sync(self, after=0, limit=100):
        return await self.answer("synced", sync={"after": str(after), "limit": limit})

    async def whole_mailbox(self, limit=100):
        """Every page from the beginning, and how many there were."""
        entries, after, pages = [], 0, 0
        while True:
            page = await self.sync(after, limit)
            entries += page.get("entries", [])
            after = int(page.get("upTo", after))
            pages += 1
            if page.get("live"):
                return entries, pages

    async def closed(self, seconds=ANSWER_SECONDS):
        """The code and the reason with which the server ends this connection."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    self.waiting.append(self.codec.decode(await self.transport.receive()))
        except Closed as closed:
            return closed.code, closed.reason


def text_of(entry):
    return entry.get("content", {}).get("text", "")


@asynccontextmanager
async def device(cluster, user, device="phone", node="node-1", library="websockets", encoding="json", tier="free",
                 cursor=0, generation=0, syncs=True):
    """A device that said hello, and (unless it should not) synced from its cursor to the head."""
    codec = CODECS[encoding]()
    token = await asyncio.to_thread(cluster.token, user, tier)
    async with TRANSPORTS[library].open(cluster.gateways[node], codec.subprotocol) as transport:
        peer = Peer(transport, codec, user, device)
        peer.welcome = await peer.answer("welcome", hello={
            "token": token, "device": device, "cursor": str(cursor), "generation": str(generation)})
        if syncs:
            after, live = int(peer.welcome.get("cursor", 0)), False
            while not live:
                page = await peer.sync(after)
                after, live = int(page.get("upTo", after)), page.get("live", False)
        yield peer

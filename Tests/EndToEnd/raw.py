"""Bytes over TCP, and WebSocket frames made by hand: for saying what no library would say."""

import base64
import contextlib
import json
import os
import socket
import struct
import time
from urllib.parse import urlsplit

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
SECONDS = 10


def frame(opcode, payload=b"", final=True, reserved=0, masked=True, length=None):
    """One WebSocket frame; `length`: what its header claims."""
    payload = payload.encode() if isinstance(payload, str) else payload
    claimed = len(payload) if length is None else length
    head = bytes([final << 7 | reserved << 4 | opcode])
    if claimed < 126:
        head += bytes([masked << 7 | claimed])
    elif claimed < 1 << 16:
        head += bytes([masked << 7 | 126]) + struct.pack(">H", claimed)
    else:
        head += bytes([masked << 7 | 127]) + struct.pack(">Q", claimed)
    if not masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + bytes(byte ^ mask[i & 3] for i, byte in enumerate(payload))


def request(path="/v1/ws", method="GET", version="HTTP/1.1", line=None, drop=(), **more):
    """An upgrade request; header names have underscores; a header may be given several values."""
    headers = {
        "Host": "127.0.0.1", "Upgrade": "websocket", "Connection": "Upgrade", "Sec_WebSocket_Version": "13",
        "Sec_WebSocket_Key": base64.b64encode(os.urandom(16)).decode(), "Sec_WebSocket_Protocol": "martlet.v1.json",
        **more}
    lines = [line or f"{method} {path} {version}"]
    for name, values in headers.items():
        for value in values if isinstance(values, list) else [values]:
            if name not in drop:
                lines.append(f"{name.replace('_', '-')}: {value}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class Raw:
    """A TCP connection to a gateway."""

    def __init__(self, url):
        parts = urlsplit(url)
        self.socket = socket.create_connection((parts.hostname, parts.port), timeout=SECONDS)
        self.held = b""

    def send(self, data):
        # The server may have given up already: what it said before counts.
        with contextlib.suppress(ConnectionError):
            self.socket.sendall(data)

    def close(self):
        self.socket.close()

    def _more(self):
        data = self.socket.recv(65536)
        self.held += data
        return bool(data)

    def _take(self, count):
        while len(self.held) < count:
            if not self._more():
                raise EOFError(f"the end, with {len(self.held)} of {count} bytes")
        data, self.held = self.held[:count], self.held[count:]
        return data

    def response(self):
        """The status and the rest of an HTTP answer's head; the body stays."""
        while b"\r\n\r\n" not in self.held:
            if not self._more():
                raise EOFError(f"no answer: {self.held!r}")
        head, self.held = self.held.split(b"\r\n\r\n", 1)
        return int(head.split()[1]), head.decode()

    def rest(self):
        """Everything up to the end, which has to come."""
        while self._more():
            pass
        return self.held

    def frame(self):
        """Opcode and payload of the next frame from the server."""
        first, second = self._take(2)
        assert first & 0xF0 == 0x80 and second < 128, "final, no reserved bits, not masked"
        length = second
        if second == 126:
            (length,) = struct.unpack(">H", self._take(2))
        elif second == 127:
            (length,) = struct.unpack(">Q", self._take(8))
        return first & 15, self._take(length)

    def closed(self):
        """Code and reason of the close frame; data frames before it are passed over."""
        while True:
            opcode, payload = self.frame()
            if opcode == CLOSE:
                return struct.unpack(">H", payload[:2])[0], payload[2:].decode()


class Session(Raw):
    """A JSON session by hand."""

    def __init__(self, url, **headers):
        super().__init__(url)
        self.send(request(**headers))
        status, head = self.response()
        assert status == 101, head

    def say(self, text):
        self.send(frame(TEXT, text if isinstance(text, (str, bytes)) else json.dumps(text)))

    def hello(self, token, device="raw", ref="1"):
        self.say({"ref": ref, "hello": {"token": token, "device": device}})
        return self.next("welcome")

    def next(self, name, where=lambda frame: True):
        """The next frame of that name; others before it are passed over."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            opcode, payload = self.frame()
            if opcode == CLOSE:
                raise EOFError(f"closed: {struct.unpack('>H', payload[:2])[0]} {payload[2:]!r}")
            envelope = json.loads(payload) if opcode == TEXT else {}
            if name in envelope and where(envelope[name]):
                return {"ref": envelope.get("ref"), **envelope[name]}
        raise TimeoutError(name)

    def is_alive(self):
        """It still answers, on the same connection."""
        self.say({"ref": "999", "ping": {}})
        return self.next("pong", lambda _: True)["ref"] == "999"

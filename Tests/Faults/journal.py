"""The line file in which a fault run is kept, and how a client writes to it.

A line is a JSON array: time (monotonic seconds, the same clock for all processes of a machine), kind, values. What a
client does is in the oracle's hands before it leaves the client: a socket's buffer outlives the process that filled it.
"""

import json
import socket
import time
from collections import Counter
from dataclasses import astuple

KINDS = {
    "send": "user device number to", "accepted": "user device number id seq prev",
    "rejected": "user device number code temporary", "settled": "user device number refused",
    "received": "user seq prev id text sender device number", "shown": "user device seq text",
    "connected": "user device node generation", "live": "user device", "closed": "user device node code reason",
    "silent": "user device node", "note": "user device what", "cursor": "user device start end", "count": "name count",
    "presence": "user device state edge home", "mark": "name data",
}


class Journal:
    """What a client has in place of a `History`: the same calls, each a line for the oracle."""

    def __init__(self, address):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(address))
        self.counts = Counter()
        self.cursors = Cursors(self)

    def write(self, kind, *values):
        self.socket.sendall(line(kind, values))

    def close(self):
        for name, count in self.counts.items():
            self.write("count", name, count)
        self.socket.close()

    def send(self, user, device, number, to):
        self.write("send", user, device, number, to)

    def accept(self, user, device, number, id, seq, prev):
        self.write("accepted", user, device, number, id, seq, prev)

    def reject(self, user, device, number, code):
        self.write("rejected", user, device, number, code, False)

    def settle(self, user, device, number, refused):
        self.write("settled", user, device, number, refused)

    def receive(self, user, entry):
        seq, prev, id, text, sender, device, number = astuple(entry)
        self.write("received", user, seq, prev, id, text, sender, device, number)

    def show(self, user, device, seq, text):
        self.write("shown", user, device, seq, text)

    def note(self, user, device, what):
        self.write("note", user, device, what)


class Cursors:
    """Where each device began and ended reading."""

    def __init__(self, journal):
        self.journal = journal

    def __setitem__(self, key, ends):
        self.journal.write("cursor", *key, *ends)


def line(kind, values):
    return json.dumps([round(time.monotonic(), 4), kind, *values], separators=(",", ":")).encode() + b"\n"


def events(path, offset=0):
    """(time, kind, values) of each whole line behind `offset`, and at last the offset behind them."""
    with open(path, "rb") as file:
        file.seek(offset)
        for text in file:
            if not text.endswith(b"\n"):
                break
            offset += len(text)
            at, kind, *values = json.loads(text)
            yield at, kind, values
    return offset

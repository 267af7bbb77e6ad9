"""Judges a whole journal: the rules of `History`, and those that need times and connections.

Beside what `History` finds (accepted but missing, shown twice, out of order, seen but never sent, a wrong seq or prev,
two answers to one number), two devices of a user that read different mailboxes, and presence that claims online of
somebody who is gone.
"""

import sys
from collections import defaultdict
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "EndToEnd")]

from history import Entry, History  # noqa: E402
from journal import events  # noqa: E402

# A device that broke off without a word may be called online until its edge's lease ends and the evidence is read anew:
# 3 s of lease, 2 s until the pages that are asked have noticed, 1 s for the poll.
PRESENCE_SECONDS = 6.0
# A home knows of a session before its device has read the welcome, and before that is written down.
WELCOME_SECONDS = 2.0


class Record:
    """What a journal tells, taken in piece by piece while the run goes on."""

    def __init__(self, path):
        self.path = Path(path)
        self.offset = 0
        self.history = History()
        self.lines = []  # (time, kind, values) of all but what is received and shown
        self.first_shown = {}  # (text, user) -> time
        self.audits = defaultdict(list)  # user -> [mailbox]: as each device read it in the end

    def follow(self):
        """Reads what was written since the last time."""
        reader = events(self.path, self.offset)
        while True:
            try:
                self.take(*next(reader))
            except StopIteration as end:
                self.offset = end.value
                return self

    def take(self, at, kind, values):
        getattr(self, f"take_{kind}", lambda *_: None)(at, *values)
        if kind not in ("received", "shown"):
            self.lines.append((at, kind, values))

    def take_send(self, _, user, device, number, to):
        self.history.send(user, device, number, to)

    def take_accepted(self, _, user, device, number, id, seq, prev):
        self.history.accept(user, device, number, id, seq, prev)

    def take_rejected(self, _, user, device, number, code, temporary):
        if not temporary:
            self.history.reject(user, device, number, code)

    def take_settled(self, _, user, device, number, refused):
        self.history.settle(user, device, number, refused)

    def take_received(self, _, user, *entry):
        self.history.receive(user, Entry(*entry))

    def take_shown(self, at, user, device, seq, text):
        self.history.show(user, device, seq, text)
        self.first_shown.setdefault((text, user), at)

    def take_cursor(self, _, user, device, start, end):
        self.history.cursors[user, device] = (start, end)

    def take_note(self, _, user, device, what):
        self.history.note(user, device, what)

    def take_count(self, _, name, count):
        self.history.counts[name] += count

    # The end.

    def keep(self, user, mailbox):
        """A whole mailbox, as one device read it from its beginning."""
        self.audits[user].append(mailbox)
        if len(self.audits[user]) == 1:
            self.history.keep(user, mailbox)

    def violations(self):
        return self.history.violations() + list(self._one_mailbox()) + list(self._presence())

    def _one_mailbox(self):
        for user, audits in self.audits.items():
            for other in audits[1:]:
                if other != audits[0]:
                    different = set(other) ^ set(audits[0])
                    yield f"{user}'s devices read different mailboxes: {sorted(different, key=lambda e: e.seq)[:3]}"

    def _presence(self):
        """Each claim of online is held against the connections that the device had just before."""
        connections, arrivals = Connections(), self._arrivals()
        for at, kind, values in self.lines:
            connections.take(at, kind, values)
            if kind == "presence":
                user, device, state, edge, _ = values
                gone = connections.gone_since(user, device, edge)
                arrives = any(0 <= then - at <= WELCOME_SECONDS for then in arrivals[user, device, edge])
                if state == "online" and not arrives and (gone is None or at - gone > PRESENCE_SECONDS):
                    since = "was never there" if gone is None else f"is gone for {at - gone:.1f} s"
                    yield f"presence says online of {user}/{device} at {edge}, which {since}"

    def _arrivals(self):
        """When each device was welcomed at each edge."""
        times = defaultdict(list)
        for at, kind, values in self.lines:
            if kind == "connected":
                times[tuple(values[:3])].append(at)
        return times

    def summary(self):
        return self.history.summary()


class Connections:
    """Where each device is connected, and since when it is not."""

    def __init__(self):
        self.node = {}  # (user, device) -> node
        self.left = {}  # (user, device, node) -> time

    def take(self, at, kind, values):
        if kind == "connected":
            user, device, node, _ = values
            self._leave(at, user, device)
            self.node[user, device] = node
        elif kind in ("closed", "silent"):
            self._leave(at, *values[:2])

    def _leave(self, at, user, device):
        node = self.node.pop((user, device), None)
        if node is not None:
            self.left[user, device, node] = at

    def gone_since(self, user, device, edge):
        """None: it never was there; infinity: it is."""
        if self.node.get((user, device)) == edge:
            return float("inf")
        return self.left.get((user, device, edge))

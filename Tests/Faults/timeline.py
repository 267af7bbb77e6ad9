"""What the faults of a run did to its devices, read from the journal's times.

A window lies between a mark `fault`, which names the gateways that it concerns, and the mark `flowing` behind it.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from history import name_of


@dataclass
class Window:
    begin: float
    victims: set
    end: float = float("inf")
    edges: dict = field(default_factory=dict)  # (user, device) -> node, when it began

    def holds(self, at):
        return self.begin <= at <= self.end

    def lives(self, device):
        """Whether the device's edge is none of the victims."""
        return self.edges.get(device) not in self.victims | {None}


@dataclass
class Sent:
    at: float
    to: str
    first_word: float | None = None  # an answer of any kind
    answered: float | None = None


class Timeline:
    """Made from the lines of a `Record`, in the order of their times."""

    def __init__(self, record):
        self.windows, self.sent, self.nodes = [], {}, {}
        self.closed = []  # (time, device, node, reason)
        self.connections = defaultdict(list)  # device -> [(time, "closed" or "live")]
        self.errors = []  # (time, code)
        self.shown = record.first_shown
        for at, kind, values in sorted(record.lines, key=lambda line: line[0]):
            getattr(self, f"_{kind}", lambda *_: None)(at, *values)

    def _mark(self, at, name, data):
        if name == "fault":
            self.windows.append(Window(at, set(data), edges=dict(self.nodes)))
        elif name == "flowing" and self.windows:
            self.windows[-1].end = at

    def _send(self, at, user, device, number, to):
        self.sent[user, device, number] = Sent(at, to)

    def _accepted(self, at, user, device, number, *_):
        self._answer(at, (user, device, number))

    def _settled(self, at, user, device, number, _):
        self._answer(at, (user, device, number))

    def _rejected(self, at, user, device, number, code, temporary):
        if temporary:
            self.errors.append((at, code))
            self._word(at, (user, device, number))
        else:
            self._answer(at, (user, device, number))

    def _answer(self, at, key):
        self._word(at, key)
        if key in self.sent and self.sent[key].answered is None:
            self.sent[key].answered = at

    def _word(self, at, key):
        if key in self.sent and self.sent[key].first_word is None:
            self.sent[key].first_word = at

    def _connected(self, at, user, device, node, _):
        self.nodes[user, device] = node

    def _live(self, at, user, device):
        self.connections[user, device].append((at, "live"))

    def _closed(self, at, user, device, node, code, reason):
        self._leave(at, user, device, node, f"{code} {reason}")

    def _silent(self, at, user, device, node):
        self._leave(at, user, device, node, "silent")

    def _leave(self, at, user, device, node, reason):
        # Who gave up a silent connection hears of its end, too.
        if self.nodes.pop((user, device), None) is not None:
            self.closed.append((at, (user, device), node, reason))
            self.connections[user, device].append((at, "closed"))

    # Measures; all in seconds.

    def pauses(self):
        """The longest wait for `accepted` of each device on a living edge, in each window."""
        longest = defaultdict(float)
        for key, message in self.sent.items():
            for number, window in enumerate(self.windows):
                until = message.answered or window.end
                if message.at <= window.end and until >= window.begin and window.lives(key[:2]):
                    wait = min(until, window.end) - message.at if message.answered is None else until - message.at
                    longest[key[:2], number] = max(longest[key[:2], number], wait)
        return sorted(longest.values())

    def returns(self):
        """From the end of a connection at a victim until the device was synced elsewhere."""
        times = []
        for device, happened in self.connections.items():
            for window in self.windows:
                if window.edges.get(device) in window.victims:
                    left = next((at for at, what in happened if what == "closed" and window.holds(at)), None)
                    back = left and next((at for at, what in happened if what == "live" and at > left), None)
                    times += [back - left] if back else []
        return sorted(times)

    def cut_off(self):
        """Connections on living edges that ended within a window."""
        return [(device, node, reason) for at, device, node, reason in self.closed
                if any(window.holds(at) and node not in window.victims for window in self.windows)]

    def first_words(self):
        """From send to an answer of any kind."""
        return sorted((message.first_word or window.end) - message.at for message in self.sent.values()
                      for window in self.windows if window.holds(message.at))

    def deliveries(self):
        """From send until the recipient's first device showed it, of what was sent within a window."""
        times = []
        for (user, device, number), message in self.sent.items():
            shown = self.shown.get((name_of(user, device, number, message.to), message.to))
            if shown and any(window.holds(message.at) for window in self.windows):
                times.append(shown - message.at)
        return sorted(times)

    def error_counts(self):
        return Counter(code for at, code in self.errors if any(window.holds(at) for window in self.windows))

    def accepted_between(self, begin, end):
        return sum(begin <= (message.answered or 0) <= end for message in self.sent.values())


def percentile(ordered, percent):
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] if ordered else None

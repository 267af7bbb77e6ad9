"""What happened, written down outside the server by those who saw it, and the rules that it has to satisfy.

A message is named by its text, `user/device#number>recipient`, so whoever meets it anywhere knows what it is.
"""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass

NAME = re.compile(r"(?P<user>[^/#>]+)/(?P<device>[^/#>]+)#(?P<number>\d+)>(?P<to>[^/#> ]+)")


def name_of(user, device, number, to):
    return f"{user}/{device}#{number}>{to}"


@dataclass(frozen=True)
class Message:
    """A message as its text names it."""

    user: str
    device: str
    number: int
    to: str

    @staticmethod
    def of(text):
        match = NAME.match(text)
        return match and Message(match["user"], match["device"], int(match["number"]), match["to"])


@dataclass(frozen=True)
class Entry:
    """A place in a mailbox, and what lies there. `prev` None: whoever told it did not know."""

    seq: int
    prev: int | None
    id: int
    text: str
    sender: str
    device: str
    number: int

    @staticmethod
    def of(entry):
        prev = entry.get("prev")
        return Entry(
            int(entry["seq"]), None if prev is None else int(prev), int(entry.get("id", 0)),
            entry.get("content", {}).get("text", ""), entry.get("from", ""), entry.get("device", ""),
            int(entry.get("clientSequence", 0)))


class History:
    """Records; `violations` judges them."""

    def __init__(self):
        self.sent = {}  # (user, device, number) -> recipient
        self.answers = defaultdict(set)  # (user, device, number) -> {("accepted", id, seq) | ("rejected", code)}
        self.decided = set()  # known from `welcome` only: accepted, without id and seq
        self.refused = set()  # known from `welcome` only
        self.told = defaultdict(lambda: defaultdict(set))  # user -> seq -> {(id, text)} as anybody was ever told
        self.prevs = defaultdict(lambda: defaultdict(set))  # user -> seq -> {prev}
        self.shown = defaultdict(list)  # (user, device) -> [(seq, text)]
        self.cursors = {}  # (user, device) -> (where it began, where it ended)
        self.mailboxes = {}  # user -> [Entry], read at the end
        self.notes = []  # what a client saw that no server may do
        self.counts = Counter()  # of what is allowed, for the report

    # What clients tell.

    def send(self, user, device, number, to):
        assert (user, device, number) not in self.sent, "a client gave a number to two messages"
        self.sent[user, device, number] = to

    def accept(self, user, device, number, id, seq, prev):
        self.answers[user, device, number].add(("accepted", id, seq))
        self._tell(user, seq, prev, id, name_of(user, device, number, self.sent.get((user, device, number))))

    def reject(self, user, device, number, code):
        self.answers[user, device, number].add(("rejected", code))

    def settle(self, user, device, number, refused):
        """`welcome` said that it is decided, and how."""
        (self.refused if refused else self.decided).add((user, device, number))

    def receive(self, user, entry):
        self._tell(user, entry.seq, entry.prev, entry.id, entry.text)

    def show(self, user, device, seq, text):
        self.shown[user, device].append((seq, text))

    def keep(self, user, entries):
        """The whole mailbox at the end, in the order in which it came."""
        self.mailboxes[user] = entries
        for entry in entries:
            self.receive(user, entry)

    def note(self, user, device, what):
        self.notes.append(f"{user}/{device}: {what}")

    def _tell(self, user, seq, prev, id, text):
        self.told[user][seq].add((id, text))
        if prev is not None:
            self.prevs[user][seq].add(prev)

    # Judgement.

    def accepted(self):
        """Every message that some answer called accepted."""
        by_answer = {key for key, answers in self.answers.items() if any(a[0] == "accepted" for a in answers)}
        return by_answer | self.decided

    def undelivered(self):
        """How many accepted messages some device that was there from the beginning has not yet shown."""
        due = defaultdict(set)
        for key in self.accepted():
            for owner in {key[0], self.sent[key]}:
                due[owner].add(name_of(*key, self.sent[key]))
        return sum(len(due[user] - {text for _, text in shown}) for (user, _), shown in self.shown.items())

    def rejected(self):
        by_answer = {key for key, answers in self.answers.items() if any(a[0] == "rejected" for a in answers)}
        return by_answer | self.refused

    def violations(self):
        """Every rule that was broken, as a sentence; empty: none."""
        rules = [
            lambda: self.notes, self._one_answer, self._told_alike, self._everything_settled, self._nothing_missing,
            self._no_forgery, *(lambda user=user: self._mailbox(user) for user in self.mailboxes),
            *(lambda key=key: self._shown(key) for key in list(self.shown)),
        ]
        return [violation for rule in rules for violation in rule()]

    def _one_answer(self):
        for key, answers in self.answers.items():
            if len(answers) > 1:
                yield f"several answers for {key}: {answers}"
        for key in self.accepted() & self.rejected():
            yield f"both accepted and rejected: {key}"

    def _told_alike(self):
        """A seq names one place for ever, before a crash and after it."""
        for user, places in self.told.items():
            for seq, values in places.items():
                if len(values) > 1:
                    yield f"{user}'s seq {seq} was told as {values}"
                if len(self.prevs[user][seq]) > 1:
                    yield f"{user}'s seq {seq} has several prevs {self.prevs[user][seq]}"

    def _everything_settled(self):
        for key in self.sent.keys() - self.accepted() - self.rejected():
            yield f"never settled: {key}"

    def _nothing_missing(self):
        held = {user: {entry.text for entry in entries} for user, entries in self.mailboxes.items()}
        for key in self.accepted():
            text = name_of(*key, self.sent[key])
            for owner in {key[0], self.sent[key]}:
                if owner in held and text not in held[owner]:
                    yield f"accepted, and not in {owner}'s mailbox: {text} {self.answers.get(key, 'by welcome')}"

    def _no_forgery(self):
        accepted = self.accepted()
        for user, places in self.told.items():
            for seq, (_, text) in ((seq, value) for seq, values in places.items() for value in values):
                message = Message.of(text)
                key = message and (message.user, message.device, message.number)
                if key is None or self.sent.get(key) != message.to:
                    yield f"{user} was told what nobody sent, at {seq}: {text!r}"
                elif user not in (message.user, message.to):
                    yield f"{user} was told what was for {message.to}: {text}"
                elif key not in accepted:
                    yield f"{user} was told what was not accepted: {text}"

    def _mailbox(self, user):
        last, seen, numbers = 0, set(), defaultdict(int)
        for entry in self.mailboxes[user]:
            if entry.seq <= last:
                yield f"{user}'s mailbox: seq {entry.seq} behind {last}"
            if entry.prev != last:
                yield f"{user}'s mailbox: prev of {entry.seq} is {entry.prev}, the seq before it is {last}"
            if entry.text in seen:
                yield f"{user}'s mailbox: twice, at {entry.seq} again: {entry.text}"
            last = entry.seq
            seen.add(entry.text)
            message = Message.of(entry.text)
            if message is None:
                continue  # Reported as never sent.
            yield from self._order(user, message, numbers)
            yield from self._own_copy(user, entry, message)
        known = {(entry.seq, entry.id, entry.text) for entry in self.mailboxes[user]}
        for seq, values in self.told[user].items():
            for id, text in values:
                if (seq, id, text) not in known:
                    yield f"{user} was told of {text} at {seq}, which is not in the mailbox"

    @staticmethod
    def _order(owner, message, numbers):
        # In the sender's own mailbox a device's messages stand in one order whoever they are for.
        lane = (message.user, message.device, message.to if owner != message.user else None)
        if message.number <= numbers[lane]:
            yield f"{owner}'s mailbox: {message} behind number {numbers[lane]}"
        numbers[lane] = message.number

    @staticmethod
    def _own_copy(owner, entry, message):
        if entry.sender != message.user:
            yield f"{owner}'s mailbox: {entry.text} is from {entry.sender}"
        if owner == message.user and (entry.device, entry.number) != (message.device, message.number):
            yield f"{owner}'s mailbox: the own copy of {entry.text} names {entry.device}#{entry.number}"

    def _shown(self, key):
        user, device = key
        shown = self.shown[key]
        for (one, _), (other, text) in zip(shown, shown[1:]):
            if other <= one:
                yield f"{user}/{device} showed {text} at {other} behind {one}"
        for text, count in Counter(text for _, text in shown).items():
            if count > 1:
                yield f"{user}/{device} showed {count} times: {text}"
        if user in self.mailboxes and key in self.cursors:
            start, end = self.cursors[key]
            due = [(entry.seq, entry.text) for entry in self.mailboxes[user] if start < entry.seq <= end]
            for missing in sorted(set(due) - set(shown)):
                yield f"{user}/{device} never showed {missing}"
            if self.mailboxes[user] and end < self.mailboxes[user][-1].seq:
                yield f"{user}/{device} ended at {end}, its mailbox at {self.mailboxes[user][-1].seq}"

    def check(self):
        """Fails with the first violations and their number."""
        broken = self.violations()
        shown = "\n  ".join(broken[:40])
        assert not broken, f"{len(broken)} violations:\n  {shown}"

    def summary(self):
        kept = sum(len(entries) for entries in self.mailboxes.values())
        counts = ", ".join(f"{name} {count}" for name, count in sorted(self.counts.items()))
        return f"{len(self.sent)} sent, {len(self.accepted())} accepted, {kept} mailbox entries read; {counts}"

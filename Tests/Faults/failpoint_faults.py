"""A gateway dies between the log's commit and the answer, again and again."""

import re
import time
from collections import defaultdict

from faults import fault
from raw import Session
from scene import Failed
from tokens import Minter

VICTIM = "gateway-9"
EDGE = "gateway-1"
CANDIDATES = 48
LINE = re.compile(r"failpoint: before accepted id=(\d+) seq=(\d+)")


@fault("failpoint", "failpoints", loaded=False)
def failpoint(scene):
    """A gateway is killed between the log's commit and the answer: the retry gets the first id and seq."""
    senders = Senders(scene)
    try:
        rounds = int(scene.seconds(200, short=5))
        for _ in range(rounds):
            senders.play_one()
        scene.fact("kills", rounds)
        scene.fact("answered after the kill, longest", senders.longest)
        scene.aim("answers with another id or seq than the log's", senders.different, 0)
        scene.aim("mailboxes with other than one copy", senders.wrong_copies(), 0)
    finally:
        senders.close()


class Senders:
    """Users with sessions at one edge; each round one of them whose home is the victim sends, and the victim dies."""

    def __init__(self, scene):
        self.scene, self.site = scene, scene.site
        self.minter = Minter(self.site.token_secret)
        self.users = [f"{scene.prefix}-sender-{number}" for number in range(CANDIDATES)]
        self.slots = {user: self.site.ask_presence(user)["slot"] for user in self.users}
        self.sessions, self.numbers, self.said = {}, defaultdict(int), []
        self.longest, self.different = 0.0, 0
        self.recipient = f"{scene.prefix}-recipient"

    def play_one(self):
        self.site.start_gateway(VICTIM, failpoint="before-accepted=1")
        self.scene.balanced()
        owners = self.site.owners()
        user = min((user for user in self.users if owners[self.slots[user]][0] == VICTIM),
                   key=lambda user: self.numbers[user], default=None)
        if user is None:
            raise Failed(f"none of {CANDIDATES} users has its home at {VICTIM}")
        session = self.session(user)
        self.numbers[user] += 1
        number = str(self.numbers[user])
        since = time.monotonic()
        first = self.send(session, user, number)
        self.longest = max(self.longest, time.monotonic() - since)
        retry = self.send(session, user, number)
        written = self.dead_words()
        self.said.append((user, number, *first))
        self.different += first != written or retry != written

    def session(self, user):
        if user not in self.sessions:
            session = self.sessions[user] = Session(self.site.urls()[EDGE])
            session.socket.settimeout(30)
            session.hello(self.minter.token(user, tier="paid"), device="sender")
        return self.sessions[user]

    def send(self, session, user, number):
        session.say({"ref": "7", "send": {
            "clientSequence": number, "to": {"user": self.recipient}, "type": "message",
            "content": {"text": f"{user} {number}"}}})
        accepted = session.next("accepted", lambda frame: frame["clientSequence"] == number)
        return accepted["id"], accepted["seq"]

    def dead_words(self):
        """Id and seq that the victim had in the log when it died."""
        gateway = self.site.topology.gateways[VICTIM]
        self.scene.until(lambda: not gateway.is_running, f"{VICTIM} kills itself")
        del self.site.topology.gateways[VICTIM]
        return LINE.findall(gateway.log_file.read_text(errors="replace"))[-1]

    def wrong_copies(self):
        """Messages that do not stand exactly once in the recipient's and in the sender's mailbox, with their id."""
        self.send_last_words()
        wrong = 0
        copies = {owner: self.read(owner) for owner in [self.recipient, *self.sessions]}
        for user, number, id, seq in self.said:
            text = f"{user} {number}"
            own = [(entry["id"], entry["seq"]) for entry in copies[user] if entry["content"]["text"] == text]
            theirs = [entry["id"] for entry in copies[self.recipient] if entry["content"]["text"] == text]
            wrong += own != [(id, seq)] or theirs != [id]
        return wrong

    def send_last_words(self):
        """`accepted` does not say that a message has arrived; once what its sender said after it has, it must have."""
        last = set()
        for user, session in self.sessions.items():
            self.numbers[user] += 1
            last.add(self.send(session, user, str(self.numbers[user]))[0])
        self.scene.until(lambda: last <= {entry["id"] for entry in self.read(self.recipient)}, "each sender's last words")

    def read(self, user):
        session = Session(self.site.urls()[EDGE])
        try:
            session.hello(self.minter.token(user, tier="paid"), device="auditor")
            entries, after = [], "0"
            while True:
                session.say({"ref": "2", "sync": {"after": after, "limit": 100}})
                page = session.next("synced")
                entries += page.get("entries", [])
                after = page.get("upTo", after)
                if page.get("live"):
                    return entries
        finally:
            session.close()

    def close(self):
        for session in self.sessions.values():
            session.close()

"""The first messages that a new cluster ever sees, while some of its nodes are slow to start.

Senders whose own home is up write to slots whose homes are not: what they write is the first record of those logs.
"""

import contextlib
import json
import os
import pathlib
import socket
import subprocess
import sys
import time

from conftest import Cluster
from raw import CLOSE, Session
from tokens import Minter

SLOW = ("node-2/", "node-3/")
MESSAGES = 40
SENDERS = 3
SECRET = b"of-this-test-and-of-nothing-else-0123456789"


@contextlib.contextmanager
def busy_machine(processes=4):
    """Threads of idle priority hardly run beside these."""
    hogs = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)]
    try:
        yield
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()


def loops(process, prefixes):
    """The threads of some nodes' loops, by name."""
    for task in pathlib.Path(f"/proc/{process.pid}/task").iterdir():
        with contextlib.suppress(OSError):
            if (task / "comm").read_text().startswith(prefixes):
                yield int(task.name)


def schedule(process, policy):
    threads = list(loops(process, SLOW))
    for thread in threads:
        os.sched_setscheduler(thread, policy, os.sched_param(0))
    return len(threads)


class SlowCluster(Cluster):
    """Its nodes but the first are held back from the moment they exist, and devices come as soon as there is a door."""

    def __init__(self, folder):
        self.sessions, self.sent = [], []
        self.minter = Minter(SECRET)
        self.first_port = free_ports(3)
        super().__init__(folder, arguments=["--secret", SECRET.decode()])

    def _read(self, info):
        schedule(self.process, os.SCHED_IDLE)
        if len(self.sessions) < SENDERS:
            self._try(f"early-{len(self.sent)}-{time.monotonic_ns()}")
        return super()._read(info)

    def _try(self, user):
        """Only a user whose home is up is welcomed."""
        with contextlib.suppress(OSError, EOFError):
            if session := welcomed(f"ws://127.0.0.1:{self.first_port}/v1/ws", self.minter, user, 0.2):
                self.sessions.append(session)
                self.sent += send_to_many(session)


def free_ports(count):
    """The first of so many in a row that nobody listens on."""
    for first in range(21_000, 29_000, count):
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
            for port in range(first, first + count):
                stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
            return first
    raise AssertionError("no free ports")


def welcomed(url, minter, user, seconds):
    """A session of this user, or None if its home does not answer in time."""
    session = Session(url)
    session.user = user
    session.socket.settimeout(seconds)
    session.say({"hello": {"token": minter.token(user, tier="paid"), "device": "phone"}})
    try:
        opcode, _ = session.frame()
    except (TimeoutError, EOFError, OSError):
        opcode = CLOSE
    if opcode == CLOSE:
        session.close()
        return None
    session.socket.settimeout(20)
    return session


def send_to_many(session):
    recipients = [f"{session.user}-{number}" for number in range(MESSAGES)]
    for number, recipient in enumerate(recipients, 1):
        session.say({"send": {"clientSequence": str(number), "to": {"user": recipient}, "content": {"text": recipient}}})
    return recipients


def accepted(session):
    numbers = set()
    while len(numbers) < MESSAGES:
        _, payload = session.frame()
        envelope = json.loads(payload)
        assert "rejected" not in envelope and "error" not in envelope, envelope
        if "accepted" in envelope:
            numbers.add(envelope["accepted"]["clientSequence"])


def has_one(cluster, recipient, end):
    """Asks until the message is there, or until `end`."""
    session = Session(cluster.gateways["node-1"])
    session.hello(cluster.minter.token(recipient), device="phone")
    while True:
        session.say({"sync": {}})
        entries = session.next("synced").get("entries", [])
        if entries or time.monotonic() > end:
            session.close()
            return [entry["content"]["text"] for entry in entries] == [recipient]
        time.sleep(0.05)  # Pace of asking.


def early_cluster(folder):
    """Begins anew where no sender was faster than its cluster."""
    for number in range(5):
        (folder / str(number)).mkdir()
        with busy_machine():
            cluster = SlowCluster(folder / str(number))
        schedule(cluster.process, os.SCHED_OTHER)
        if cluster.sent:
            return cluster
        cluster.stop()
    raise AssertionError("nobody was early")


def test_what_is_accepted_before_its_recipients_home_is_up_arrives(tmp_path):
    cluster = early_cluster(tmp_path)
    try:
        for session in cluster.sessions:
            accepted(session)
        end = time.monotonic() + 20
        missing = [to for to in cluster.sent if not has_one(cluster, to, end)]
        assert not missing, f"accepted, and did not arrive: {len(missing)} of {len(cluster.sent)}, such as {missing[:5]}"
    finally:
        cluster.stop()

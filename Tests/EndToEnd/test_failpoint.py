"""The process dies between the log's commit and the answer, and is asked again.

MARTLET_FAILPOINT_ROUNDS: how often.
"""

import os
import re
import signal

import pytest
from raw import Session

ROUNDS = int(os.environ.get("MARTLET_FAILPOINT_ROUNDS", 20))
LINE = re.compile(r"failpoint: before accepted id=(\d+) seq=(\d+)")


def session(cluster, user, device="phone"):
    made = Session(sorted(cluster.gateways.values())[0])
    made.hello(cluster.token(user, tier="paid"), device=device)
    return made


def send(session, number):
    session.say({"ref": "7", "send": {
        "clientSequence": str(number), "to": {"user": "bob"}, "type": "message", "content": {"text": f"{number}"}}})


def answer(session, number):
    accepted = session.next("accepted", lambda frame: frame["clientSequence"] == str(number))
    return accepted["id"], accepted["seq"]


def mailbox(cluster, user):
    reader = session(cluster, user, device="auditor")
    reader.say({"ref": "2", "sync": {"after": "0", "limit": 100}})
    entries = reader.next("synced").get("entries", [])
    reader.close()
    return [(entry["id"], entry["seq"], entry["content"]["text"]) for entry in entries]


def killed_by(cluster, number):
    """What the process had in its log when the answer to this message killed it."""
    alice = session(cluster, "alice")
    send(alice, number)
    with pytest.raises((EOFError, ConnectionError)):
        answer(alice, number)
    alice.close()
    assert cluster.process.wait(30) == -signal.SIGKILL
    return LINE.findall(cluster.log())[-1]


def test_a_retry_gets_the_first_id_and_seq_and_one_copy_exists(cluster, monkeypatch):
    decided = []
    for number in range(1, ROUNDS + 1):
        assert cluster.stop() == 0
        monkeypatch.setenv("MARTLET_FAILPOINT", "before-accepted=1")
        cluster.start()
        decided.append(killed_by(cluster, number))
        monkeypatch.delenv("MARTLET_FAILPOINT")
        cluster.start()
        alice = session(cluster, "alice")
        for _ in range(2):
            send(alice, number)
            assert answer(alice, number) == decided[-1]
        alice.close()
    texts = [str(number) for number in range(1, ROUNDS + 1)]
    assert mailbox(cluster, "alice") == [(id, seq, text) for (id, seq), text in zip(decided, texts)]
    assert [(id, text) for id, _, text in mailbox(cluster, "bob")] == [
        (id, text) for (id, _), text in zip(decided, texts)]

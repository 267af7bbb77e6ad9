"""A checker that cannot fail is worth nothing: each kind of broken history is found, and a whole one is not."""

import dataclasses
import json

import pytest
from checker import PRESENCE_SECONDS, WELCOME_SECONDS, Record
from history import Entry, name_of

NAME = name_of("alice", "phone", 1, "bob")
NEXT = name_of("alice", "phone", 2, "bob")


def whole():
    """alice sends two messages; bob is shown both; all of it is in both mailboxes."""
    lines = [
        [1.0, "connected", "alice", "phone", "gateway-1", 7], [1.0, "connected", "bob", "phone", "gateway-2", 7],
        [2.0, "send", "alice", "phone", 1, "bob"], [2.1, "accepted", "alice", "phone", 1, 101, 10, 0],
        [2.1, "shown", "alice", "phone", 10, NAME], [2.2, "send", "alice", "phone", 2, "bob"],
        [2.3, "accepted", "alice", "phone", 2, 102, 14, 10], [2.3, "shown", "alice", "phone", 14, NEXT],
        [2.2, "received", "bob", 20, 0, 101, NAME, "alice", "", 0], [2.2, "shown", "bob", "phone", 20, NAME],
        [2.4, "received", "bob", 23, 20, 102, NEXT, "alice", "", 0], [2.4, "shown", "bob", "phone", 23, NEXT],
        [2.5, "presence", "bob", "phone", "online", "gateway-2", "gateway-1"],
        [3.0, "cursor", "alice", "phone", 0, 14], [3.0, "cursor", "bob", "phone", 0, 23],
        [3.0, "closed", "alice", "phone", "gateway-1", 1000, ""], [3.0, "closed", "bob", "phone", "gateway-2", 1000, ""],
    ]
    mailboxes = {
        "alice": [Entry(10, 0, 101, NAME, "alice", "phone", 1), Entry(14, 10, 102, NEXT, "alice", "phone", 2)],
        "bob": [Entry(20, 0, 101, NAME, "alice", "", 0), Entry(23, 20, 102, NEXT, "alice", "", 0)],
    }
    return lines, mailboxes


def violations(tmp_path, lines, mailboxes, second=None):
    path = tmp_path / "journal"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    record = Record(path).follow()
    for user, mailbox in mailboxes.items():
        record.keep(user, mailbox)
        record.keep(user, (second or mailboxes)[user])
    return record.violations()


def find(lines, kind, *values):
    return next(line for line in lines if line[1] == kind and line[2:2 + len(values)] == list(values))


def test_a_whole_history_has_no_violations(tmp_path):
    assert violations(tmp_path, *whole()) == []


def missing(lines, boxes):
    """Accepted, and not in the mailbox."""
    del boxes["bob"][1]


def missing_by_welcome(lines, boxes):
    find(lines, "accepted", "alice", "phone", 2)[1:] = ["settled", "alice", "phone", 2, False]
    del boxes["bob"][1]


def shown_twice(lines, boxes):
    lines.append([2.6, "shown", "bob", "phone", 24, NAME])


def kept_twice(lines, boxes):
    boxes["bob"].append(Entry(30, 23, 101, NAME, "alice", "", 0))


def out_of_order_on_a_device(lines, boxes):
    one, other = (find(lines, "shown", "bob", "phone", seq) for seq in (20, 23))
    one[4], other[4], one[5], other[5] = other[4], one[4], other[5], one[5]


def out_of_order_in_the_mailbox(lines, boxes):
    boxes["bob"] = [Entry(20, 0, 102, NEXT, "alice", "", 0), Entry(23, 20, 101, NAME, "alice", "", 0)]


def never_sent(lines, boxes):
    boxes["bob"].append(Entry(30, 23, 109, name_of("mallory", "phone", 1, "bob"), "mallory", "", 0))


def of_another(lines, boxes):
    """What alice sent to bob lies in carol's mailbox too."""
    boxes["carol"] = [Entry(5, 0, 101, NAME, "alice", "", 0)]


def never_accepted(lines, boxes):
    """It was refused for good, and is there."""
    find(lines, "accepted", "alice", "phone", 2)[1:] = ["rejected", "alice", "phone", 2, "forbidden", False]


def never_settled(lines, boxes):
    lines.remove(find(lines, "accepted", "alice", "phone", 2))


def wrong_prev(lines, boxes):
    boxes["bob"][1] = dataclasses.replace(boxes["bob"][1], prev=19)


def prev_told_otherwise(lines, boxes):
    find(lines, "received", "bob", 23)[4] = 21


def wrong_seq(lines, boxes):
    """The answer named another place than the mailbox."""
    find(lines, "accepted", "alice", "phone", 2)[6] = 13


def seq_of_two(lines, boxes):
    lines.append([2.6, "received", "bob", 20, 0, 109, NEXT, "alice", "", 0])


def two_ids(lines, boxes):
    lines.append([2.6, "accepted", "alice", "phone", 1, 109, 10, 0])


def two_seqs(lines, boxes):
    lines.append([2.6, "accepted", "alice", "phone", 1, 101, 15, None])


def accepted_and_rejected(lines, boxes):
    lines.append([2.6, "rejected", "alice", "phone", 1, "forbidden", False])


def never_shown(lines, boxes):
    lines.remove(find(lines, "shown", "bob", "phone", 20))


def stopped_reading(lines, boxes):
    find(lines, "cursor", "bob", "phone")[5] = 20


def wrong_sender(lines, boxes):
    boxes["bob"][0] = dataclasses.replace(boxes["bob"][0], sender="mallory")


def client_complained(lines, boxes):
    lines.append([2.6, "note", "bob", "phone", "hole in a page"])


def presence_of_someone_gone(lines, boxes):
    lines.append([3.1 + PRESENCE_SECONDS, "presence", "bob", "phone", "online", "gateway-2", "gateway-1"])


def presence_where_it_never_was(lines, boxes):
    lines.append([2.6, "presence", "bob", "phone", "online", "gateway-3", "gateway-1"])


@pytest.mark.parametrize("breaks", [
    missing, missing_by_welcome, shown_twice, kept_twice, out_of_order_on_a_device, out_of_order_in_the_mailbox,
    never_sent, of_another, never_accepted, never_settled, wrong_prev, prev_told_otherwise, wrong_seq, seq_of_two,
    two_ids, two_seqs, accepted_and_rejected, never_shown, stopped_reading, wrong_sender, client_complained,
    presence_of_someone_gone, presence_where_it_never_was,
], ids=lambda breaks: breaks.__name__)
def test_a_broken_history_is_found(tmp_path, breaks):
    lines, mailboxes = whole()
    breaks(lines, mailboxes)
    assert violations(tmp_path, lines, mailboxes)


def test_devices_that_read_different_mailboxes_are_found(tmp_path):
    lines, mailboxes = whole()
    second = {**mailboxes, "bob": mailboxes["bob"][:1]}
    assert violations(tmp_path, lines, mailboxes, second)


def test_presence_may_lag_by_a_lease(tmp_path):
    lines, mailboxes = whole()
    lines.append([2.9 + PRESENCE_SECONDS, "presence", "bob", "phone", "online", "gateway-2", "gateway-1"])
    lines.append([9.9 + PRESENCE_SECONDS, "presence", "bob", "phone", "offline", "gateway-2", "gateway-1"])
    assert violations(tmp_path, lines, mailboxes) == []


def test_presence_may_know_of_a_connection_before_its_device_has_read_the_welcome(tmp_path):
    lines, mailboxes = whole()
    lines += [[3.5, "presence", "bob", "phone", "online", "gateway-3", "gateway-1"],
              [3.6, "connected", "bob", "phone", "gateway-3", 7]]
    assert violations(tmp_path, lines, mailboxes) == []
    lines[-2][0] = lines[-1][0] - WELCOME_SECONDS - 0.1
    assert violations(tmp_path, lines, mailboxes)


def test_a_line_that_was_cut_is_read_when_it_is_whole(tmp_path):
    lines, mailboxes = whole()
    path = tmp_path / "journal"
    text = "".join(json.dumps(line) + "\n" for line in lines)
    path.write_text(text[:200])
    record = Record(path).follow()
    path.write_text(text)
    record.follow()
    for user, mailbox in mailboxes.items():
        record.keep(user, mailbox)
    assert record.violations() == []

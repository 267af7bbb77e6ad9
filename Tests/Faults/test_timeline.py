"""What is measured, on journals made by hand."""

import json

import pytest
from checker import Record
from history import name_of
from timeline import Timeline, percentile

LINES = [
    [1.0, "connected", "alice", "phone", "gateway-1", 7], [1.0, "connected", "bob", "phone", "gateway-2", 7],
    [2.0, "send", "alice", "phone", 1, "bob"], [2.1, "accepted", "alice", "phone", 1, 101, 10, 0],
    [3.0, "mark", "fault", ["gateway-2"]],
    [3.1, "closed", "bob", "phone", "gateway-2", 1006, ""], [3.2, "send", "alice", "phone", 2, "bob"],
    [3.4, "rejected", "alice", "phone", 2, "unavailable", True], [3.9, "accepted", "alice", "phone", 2, 102, 14, 10],
    [4.0, "connected", "bob", "phone", "gateway-1", 7], [4.6, "live", "bob", "phone"],
    [4.7, "shown", "bob", "phone", 23, name_of("alice", "phone", 2, "bob")],
    [5.0, "mark", "flowing", []], [9.0, "closed", "alice", "phone", "gateway-1", 1000, ""],
]


def timeline(tmp_path, lines):
    path = tmp_path / "journal"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return Timeline(Record(path).follow())


def test_waits_and_returns_of_one_fault(tmp_path):
    seen = timeline(tmp_path, LINES)
    assert seen.pauses() == pytest.approx([0.7])
    assert seen.returns() == pytest.approx([1.5])
    assert seen.first_words() == pytest.approx([0.2])
    assert seen.deliveries() == pytest.approx([1.5])
    assert seen.error_counts() == {"unavailable": 1}
    assert seen.cut_off() == [], "bob's edge was the victim, and alice's connection ended behind the window"


def test_a_connection_that_ends_on_a_living_edge_is_counted(tmp_path):
    lines = LINES[:-2] + [[4.9, "closed", "alice", "phone", "gateway-1", 1006, ""], LINES[-2]]
    assert timeline(tmp_path, lines).cut_off() == [(("alice", "phone"), "gateway-1", "1006 ")]


def test_a_wait_that_does_not_end_counts_up_to_the_end_of_the_window(tmp_path):
    lines = [line for line in LINES if line[1] != "accepted" or line[4] != 2]
    assert timeline(tmp_path, lines).pauses() == pytest.approx([1.8])


def test_a_wait_that_began_before_the_fault_counts(tmp_path):
    lines = [[2.9, *line[1:]] if line[1:5] == ["send", "alice", "phone", 2] else line for line in LINES]
    assert timeline(tmp_path, lines).pauses() == pytest.approx([1.0])


def test_percentiles():
    assert percentile([], 50) is None
    assert percentile([1], 99) == 1
    assert [percentile(list(range(100)), percent) for percent in (0, 50, 99, 100)] == [0, 50, 99, 99]

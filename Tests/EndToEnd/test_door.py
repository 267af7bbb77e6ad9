"""The door through which `make cluster-scale` and its like reach the cluster of another shell: nobody who comes to it
can end what is behind it, but by asking for that."""

import pathlib
import socket
import sys
import threading

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Scripts"))

import door as doors  # noqa: E402


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return pathlib.Path("door")


def perform(words):
    match words:
        case ["repeat", word]:
            return f"{word}\n{word}"
        case ["fail"]:
            raise AssertionError("it did not work")
    raise doors.Refused(f"what is {' '.join(words)}?")


@pytest.fixture
def door(path):
    """A door that is answered until the test ends."""
    ending = threading.Event()
    with doors.Door(path) as door:
        def serve():
            while not ending.is_set():
                door.answer_one(perform, 0.05)
        thread = threading.Thread(target=serve)
        thread.start()
        yield path
        ending.set()
        thread.join()


def test_an_answer_of_two_lines(door):
    assert doors.ask(door, ["repeat", "so"]) == "so\nso"


@pytest.mark.parametrize("words, reason", [(["what", "ever"], "what is what ever?"), (["fail"], "it did not work")])
def test_what_is_not_done_is_said(door, words, reason):
    with pytest.raises(doors.Refused, match=reason[:8]):
        doors.ask(door, words)


def test_who_goes_away_or_talks_nonsense_harms_nobody(door):
    assert doors.is_open(door)  # Comes, says nothing and goes.
    for line in (b"repeat so\n", b"\xff\xfe\xff\n", b"half a li"):
        with socket.socket(socket.AF_UNIX) as asker:
            asker.connect(str(door))
            asker.sendall(line)
    assert doors.ask(door, ["repeat", "so"]) == "so\nso"


def test_nobody_behind_it(path):
    assert not doors.is_open(path)
    with pytest.raises(doors.Closed):
        doors.ask(path, ["repeat", "so"])
    with doors.Door(path):
        assert doors.is_open(path)
    assert not path.exists()


def test_the_end_comes_before_the_answer(path):
    with doors.Door(path) as door:
        asker = threading.Thread(target=lambda: refused.append(refusal(path)))
        refused = []
        asker.start()
        connection, _ = door.socket.accept()
        connection.recv(100)
        connection.close()
        asker.join()
    assert refused == ["it ended before it answered"]


def refusal(path):
    try:
        return doors.ask(path, ["repeat", "so"])
    except doors.Refused as reason:
        return str(reason)

"""The proxy cuts what it is told to cut, and nothing else."""

import contextlib
import socket

import pytest
from link_proxy import INWARD, OUTWARD, LinkProxy


@pytest.fixture
def line():
    """(client's end, server's end, proxy) of a connection through it."""
    server = socket.create_server(("127.0.0.1", 0))
    proxy = LinkProxy(server.getsockname()[1])
    host, port = proxy.address.split(":")
    client = socket.create_connection((host, int(port)), 5)
    behind, _ = server.accept()
    for one in (client, behind):
        one.settimeout(5)
    yield client, behind, proxy
    proxy.close()
    for one in (client, behind, server):
        one.close()


def is_silent(one):
    one.settimeout(0.2)
    try:
        one.recv(16)
    except TimeoutError:
        return True
    finally:
        one.settimeout(5)
    return False


def test_both_ways(line):
    client, behind, _ = line
    client.sendall(b"there")
    assert behind.recv(16) == b"there"
    behind.sendall(b"back")
    assert client.recv(16) == b"back"


@pytest.mark.parametrize("way", [INWARD, OUTWARD])
def test_one_way_is_cut_and_the_other_goes_on(line, way):
    client, behind, proxy = line
    proxy.cut(way)
    cut, open_ = ((client, behind), (behind, client)) if way == INWARD else ((behind, client), (client, behind))
    cut[0].sendall(b"swallowed")
    open_[0].sendall(b"passed")
    assert open_[1].recv(16) == b"passed"
    assert is_silent(cut[1])


def test_both_are_cut_and_healing_resets_what_was_damaged(line):
    client, behind, proxy = line
    proxy.cut(INWARD, OUTWARD)
    client.sendall(b"swallowed")
    assert is_silent(behind)
    proxy.heal()
    with contextlib.suppress(ConnectionResetError):
        assert behind.recv(16) == b""


def test_a_goodbye_within_a_cut_is_not_heard(line):
    client, behind, proxy = line
    proxy.cut(INWARD, OUTWARD)
    client.close()
    assert is_silent(behind)


def test_who_goes_takes_the_other_end_along(line):
    client, behind, _ = line
    client.close()
    with contextlib.suppress(ConnectionResetError):
        assert behind.recv(16) == b""

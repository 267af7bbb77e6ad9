"""The file system under a running cluster becomes read-only, and is writable again.

Senders get `unavailable`, nothing that was accepted is lost, nobody is disconnected, and it goes on by itself.
"""

import asyncio
import subprocess

from chat_client import Client, finish
from conftest import BINARY, ROOT, eventually, running
from history import History
from read_only_disk import ImmutableFiles, LoopDisk, disk

USERS = [f"user-{number}" for number in range(6)]
BEFORE, DURING, AFTER = 40, 5, 20


async def write_without_a_disk(cluster, disk):
    history = History()
    clients = [open_client(cluster, history, number) for number in range(len(USERS))]
    await send(clients, BEFORE)
    await settled(clients)
    disk.forbid()
    await send(clients, DURING)
    for client in clients:
        await client.until(lambda: history.counts["rejected unavailable"] >= len(clients), "told unavailable", 30)
    assert all(client.outbox for client in clients), "something was accepted that cannot have been written"
    assert await asyncio.to_thread(cluster.get_status, "/readyz") == 503
    await asyncio.to_thread(disk.allow)
    await settled(clients)
    await send(clients, AFTER)
    await settled(clients)
    closed = [one for client in clients for one in client.closed]
    await finish(history, clients, cluster)
    print(f"\n{disk.kind}: {history.summary()}")
    history.check()
    assert closed == [], "nobody is disconnected for it"


def open_client(cluster, history, number):
    urls = sorted(cluster.gateways.values())
    token = cluster.token(USERS[number], tier="paid")
    client = Client(history, USERS[number], "phone", lambda failures: urls[(number + failures) % 3], lambda: token)
    client.open()
    return client


async def send(clients, count):
    for number in range(count):
        for place, client in enumerate(clients):
            client.send(USERS[(place + number) % len(USERS)])


async def settled(clients):
    for client in clients:
        await client.until(lambda client=client: client.settled, "settled", 60)


def test_a_disk_that_becomes_read_only_loses_nothing(tmp_path):
    with disk(tmp_path / "data") as one:
        if one is None:
            # A disk that fails is also tried by faults injected into the engine: FailureTests.
            print("\nneither a loop device nor immutable files are allowed here: only injected faults were tried")
            return
        # What is accepted is on the disk: a file system that has had an error keeps nothing else.
        with running(tmp_path, arguments=["--fsync"]) as cluster:
            cluster.get_status = lambda path: status(cluster, path)
            asyncio.run(write_without_a_disk(cluster, one))


def status(cluster, path):
    done = subprocess.run(
        ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", cluster.admin + path], capture_output=True, text=True)
    return int(done.stdout)


def test_a_read_only_folder_is_refused_at_the_start(tmp_path):
    with disk(tmp_path / "data") as one:
        if one is None:
            print("\nneither a loop device nor immutable files are allowed here")
            return
        one.forbid()
        done = subprocess.run(
            [BINARY, "dev", "--data", tmp_path / "data", "--port", "0", "--page-port", "0", "--admin-port", "0"],
            capture_output=True, text=True, cwd=ROOT, timeout=60)
        one.allow()
    assert done.returncode == 1
    reason = {LoopDisk: "Read-only file system", ImmutableFiles: "Operation not permitted"}[type(one)]
    assert done.stderr.strip() == f"martlet: cannot write {tmp_path / 'data' / 'secret'}: {reason}", done.stderr

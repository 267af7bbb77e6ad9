"""Slots move between three nodes under load, by drains, kills and pauses.

No connection on a living node closes; nothing is lost, doubled or reordered; the pauses are measured and reported.
MARTLET_MOVES: how many operations (each drain, undrain, kill, return and pause is one, however many slots it moves).
"""

import asyncio
import os
import random
import time

from chat_client import Client, finish
from conftest import ROOT
from foreign import device
from history import History
from moves import Map, Operator, Pauses, plan

MOVES = int(os.environ.get("MARTLET_MOVES", 200))
PROBES = 24
# A mailbox keeps 10,000 entries: so many may be sent in six minutes.
PROBE_SECONDS = 0.04


class Probe:
    """A device that always has one message on its way: the next goes out when that one is accepted, and not before
    `PROBE_SECONDS` are over."""

    def __init__(self, client, targets):
        self.client, self.targets = client, targets
        self.slot = None
        self.edge = None
        self.running = True
        self.sent_at = None
        self.waits = []  # seconds, during the operation that goes on
        self.count = 0
        client.on_answer = self._answered

    def send(self):
        if self.running:
            self.sent_at = time.monotonic()
            self.client.send(random.choice(self.targets))

    def _answered(self, _):
        waited = time.monotonic() - self.sent_at
        self.waits.append(waited)
        self.sent_at = None
        self.count += 1
        asyncio.get_running_loop().call_later(max(0, PROBE_SECONDS - waited), self.send)

    def longest(self):
        """Milliseconds; what is still on its way counts as long as it has waited."""
        open_wait = [time.monotonic() - self.sent_at] if self.sent_at else []
        longest = max(self.waits + open_wait, default=0)
        self.waits.clear()
        return longest * 1000


class Scene:
    """Probes that send, devices that receive, and what befell their connections."""

    def __init__(self, cluster):
        self.cluster, self.history, self.pauses = cluster, History(), Pauses()
        targets = [f"sink-{number}" for number in range(PROBES)]
        self.sinks = [self._client(user, number) for number, user in enumerate(targets)]
        self.probes = [Probe(self._client(f"probe-{number}", number), targets) for number in range(PROBES)]
        self.clients = self.sinks + [probe.client for probe in self.probes]
        self.unexpected = []

    def _client(self, user, home):
        token = self.cluster.token(user, tier="paid")

        def url(failures):
            urls = sorted(self.cluster.gateways.items())
            return urls[(home + failures) % len(urls)][1]

        return Client(self.history, user, "phone", url, lambda: token)

    async def begin(self):
        for client in self.clients:
            client.open()
        for client in self.clients:
            await client.until(lambda client=client: client.live, "live", 20)
        for probe in self.probes:
            report = await asyncio.to_thread(self.cluster.get, f"/admin/v1/presence/{probe.client.user}")
            probe.slot = report["slot"]
            probe.send()

    async def flowing(self):
        """All are connected, and every probe had an answer to something that it sent after this call."""
        marks = {probe: probe.count + 2 for probe in self.probes}
        for client in self.clients:
            await client.until(lambda client=client: client.live, "live again", 30)
        for probe, mark in marks.items():
            await probe.client.until(lambda probe=probe, mark=mark: probe.count >= mark, "answered", 30)

    async def end(self):
        for probe in self.probes:
            probe.running = False
        for client in self.clients:
            await client.until(lambda client=client: client.settled, "settled", 60)
        await finish(self.history, self.clients, self.cluster)

    async def operate(self, operator, kind, node):
        before = await asyncio.to_thread(Map, self.cluster)
        edges = {client: client.node for client in self.clients}
        closed = {client: len(client.closed) for client in self.clients}
        for probe in self.probes:
            probe.waits.clear()
        began = time.monotonic()
        await operator.perform(kind, node)
        await self.flowing()
        self.pauses.operations[kind] += 1
        self.pauses.seconds[kind] += time.monotonic() - began
        after = await asyncio.to_thread(Map, self.cluster)
        self.pauses.slots_moved += sum(after.owners[slot] != before.owners[slot] for slot in before.owners)
        for probe in self.probes:
            moved = after.owners[probe.slot] != before.owners[probe.slot] or before.owners[probe.slot][0] == node
            gone = edges[probe.client] == node and kind not in ("undrain", "return")
            concern = "edge" if gone else "home" if moved else "untouched"
            self.pauses.add(kind, concern, probe.longest(), {
                "operation": f"{kind} {node}", "probe": probe.client.user, "edge": edges[probe.client],
                "home": before.owners[probe.slot][0]})
        may_close = {node} if kind != "short pause" else set()
        for client in self.clients:
            for _, on, code, reason in client.closed[closed[client]:]:
                if on not in may_close:
                    self.unexpected.append(f"{kind} of {node}: {client.user} on {on} was closed: {code} {reason}")


async def move_again_and_again(cluster):
    scene = Scene(cluster)
    operator = Operator(cluster)
    await scene.begin()
    load = os.getloadavg()[0]
    try:
        for number, (kind, node) in enumerate(plan(MOVES, operator.nodes)):
            await scene.operate(operator, kind, node)
    finally:
        if scene.pauses.values:
            scene.pauses.report(ROOT / "Artifacts" / "moves.json", loadAverage=[load, os.getloadavg()[0]])
    await scene.end()
    print(scene.history.summary())
    assert not scene.unexpected, f"{len(scene.unexpected)} closed:\n" + "\n".join(scene.unexpected[:20])
    scene.history.check()


def test_a_drained_node_tells_its_devices_where_to_go(cluster):
    async def test():
        async with device(cluster, "alice", node="node-2") as alice, device(cluster, "bob", node="node-1") as bob:
            await asyncio.to_thread(cluster.post, "/admin/v1/nodes/node-2:drain")
            reconnect = await alice.next("reconnect")
            assert f"ws://{reconnect['address']}/v1/ws" in (cluster.gateways["node-1"], cluster.gateways["node-3"])
            code, _ = await alice.closed()
            assert 4000 <= code < 4100, "come back"
            await bob.send("bob", "still here")

    asyncio.run(test())


def test_slots_move_under_load_and_connections_stay(cluster):
    asyncio.run(move_again_and_again(cluster))

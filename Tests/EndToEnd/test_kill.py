"""The whole cluster ends again and again under load, by SIGKILL or SIGTERM, and comes back on the same data folder.

What was accepted is there, once, in order, at the same seq, and every device was shown all of it.
"""

import asyncio
import os
import random

from chat_client import Client, finish
from history import History

KILLS = int(os.environ.get("MARTLET_KILLS", 20))
STOPS = 5
USERS = [f"user-{number}" for number in range(12)]
DEVICES = ["phone", "laptop"]
# How many messages are accepted, over all devices, between a restart and the next kill: at least, at most.
LOAD = (150, 900)
OPEN_SENDS = 16
SETTLE_SECONDS = 120


class Load:
    """Every device keeps some messages to random others on their way, and counts what was accepted."""

    def __init__(self, cluster, history):
        self.cluster, self.history = cluster, history
        self.random = random.Random(1)
        self.accepted = 0
        self.goal = None
        self.reached = asyncio.Event()
        self.clients = []
        for number, user in enumerate(USERS):
            token = cluster.token(user, tier="paid")
            for offset, device in enumerate(DEVICES):
                self.clients.append(self._client(user, device, token, number + offset))

    def _client(self, user, device, token, home):
        def url(failures):
            urls = sorted(self.cluster.gateways.items())
            return urls[(home + failures) % len(urls)][1]

        client = Client(self.history, user, device, url, lambda: token, window=OPEN_SENDS)
        client.on_answer = lambda number: self._answered(client)
        client.open()
        return client

    def start(self):
        for client in self.clients:
            self._refill(client)

    def _refill(self, client):
        while self.goal is not None and len(client.outbox) < OPEN_SENDS:
            client.send(self.random.choice([user for user in USERS if user != client.user]))

    def _answered(self, client):
        self.accepted += 1
        if self.goal is not None and self.accepted >= self.goal:
            self.reached.set()
        self._refill(client)

    async def run(self, count, seconds=60):
        """Returns when `count` more messages were answered; the load goes on."""
        self.goal = self.accepted + count
        self.reached.clear()
        self.start()
        try:
            await asyncio.wait_for(self.reached.wait(), seconds)
        except TimeoutError:
            states = "\n".join(f"{client.user}/{client.device} on {client.node}: {client.state()}"
                               for client in self.clients)
            raise AssertionError(f"the load does not get on:\n{states}\n{self.cluster.log()}") from None

    async def settle(self):
        self.goal = None
        for client in self.clients:
            await client.until(lambda client=client: client.settled, "settled", SETTLE_SECONDS)


async def kill_again_and_again(cluster):
    history = History()
    load = Load(cluster, history)
    for number in range(KILLS):
        await load.run(load.random.randint(*LOAD))
        if number % 3 == 2:
            # Slots are on their way when it dies; whether the node is still to be emptied, the store knows.
            await asyncio.to_thread(cluster.post, f"/admin/v1/nodes/node-{number % 2 + 1}:drain")
        await asyncio.to_thread(cluster.kill)
        await asyncio.to_thread(cluster.start)
        if number % 3 == 2:
            await asyncio.to_thread(cluster.post, f"/admin/v1/nodes/node-{number % 2 + 1}:undrain")
    await load.run(LOAD[0])
    await judge(history, load, f"{KILLS} kills")


async def stop_again_and_again(cluster):
    history = History()
    load = Load(cluster, history)
    for _ in range(STOPS):
        await load.run(LOAD[0])
        assert await asyncio.to_thread(cluster.stop) == 0, cluster.log()
        await asyncio.to_thread(cluster.start)
    await load.run(LOAD[0])
    await judge(history, load, f"{STOPS} stops")
    codes = {code for client in load.clients for _, _, code, _ in client.closed}
    assert codes == {4008}, f"every connection was told to come back, and none was cut off: {codes}"


async def judge(history, load, what):
    await load.settle()
    await finish(history, load.clients, load.cluster)
    print(f"\n{what}: {history.summary()}")
    history.check()


def test_twenty_kills_under_load_lose_nothing_and_double_nothing(cluster):
    asyncio.run(kill_again_and_again(cluster))


def test_stops_under_load_lose_nothing_and_cut_nobody_off(cluster):
    asyncio.run(stop_again_and_again(cluster))

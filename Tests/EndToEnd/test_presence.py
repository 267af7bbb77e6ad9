"""Presence while slots change hands: a connection that stands is online, whoever vouches for it (guarantee 8)."""

import asyncio
from contextlib import AsyncExitStack
from urllib.parse import urlencode

from foreign import device

USERS = [f"standing-{number}" for number in range(24)]
PATH = "/admin/v1/presence?" + urlencode([("user", user) for user in USERS])


class Watch:
    """Asks for all users again and again, and keeps every state that it was told."""

    def __init__(self, cluster):
        self.cluster, self.seen, self.rounds, self.goes_on = cluster, set(), 0, True

    async def run(self):
        while self.goes_on:
            for user in (await asyncio.to_thread(self.cluster.get, PATH))["users"]:
                self.seen.add((user["user"], user["state"]))
            self.rounds += 1

    async def rounds_more(self, count):
        end = self.rounds + count
        async with asyncio.timeout(30):
            while self.rounds < end:
                await asyncio.sleep(0.01)  # Pace of looking.


async def until(condition, seconds=30):
    async with asyncio.timeout(seconds):
        while not await asyncio.to_thread(condition):
            await asyncio.sleep(0.02)  # Pace of asking.


def all_are(cluster, state):
    return {user["state"] for user in cluster.get(PATH)["users"]} == {state}


def homes(cluster):
    return {user["devices"][0]["home"] for user in cluster.get(PATH)["users"]}


def watched(cluster, hurt):
    """Users at node-1, watched while `hurt` moves their homes. Every state that was told, and the homes after."""

    async def test():
        async with AsyncExitStack() as stack:
            for user in USERS:
                await stack.enter_async_context(device(cluster, user, node="node-1"))
            await until(lambda: all_are(cluster, "online"))
            assert homes(cluster) == {"node-1", "node-2", "node-3"}
            watch = Watch(cluster)
            async with asyncio.TaskGroup() as group:
                group.create_task(watch.run())
                await watch.rounds_more(2)
                await hurt()
                # All are placed by a home that lives, and were looked at behind that.
                await watch.rounds_more(5)
                watch.goes_on = False
            assert all_are(cluster, "online")
            return watch.seen

    return asyncio.run(test())


def test_online_through_a_drain_and_back(cluster):
    async def hurt():
        await asyncio.to_thread(cluster.post, "/admin/v1/nodes/node-2:drain")
        await until(lambda: "node-2" not in homes(cluster))
        await asyncio.to_thread(cluster.post, "/admin/v1/nodes/node-2:undrain")
        await until(lambda: "node-2" in homes(cluster) and all_are(cluster, "online"))

    assert watched(cluster, hurt) == {(user, "online") for user in USERS}


def test_online_through_the_death_of_homes(cluster):
    async def hurt():
        await asyncio.to_thread(cluster.post, "/admin/v1/nodes/node-3:kill")
        await until(lambda: "node-3" not in homes(cluster))

    assert watched(cluster, hurt) == {(user, "online") for user in USERS}


def test_a_dead_edge_takes_its_sessions_along(cluster):
    async def test():
        async with AsyncExitStack() as stack:
            for user in USERS:
                await stack.enter_async_context(device(cluster, user, node="node-2"))
            await until(lambda: all_are(cluster, "online"))
            await asyncio.to_thread(cluster.post, "/admin/v1/nodes/node-2:kill")
            await until(lambda: all_are(cluster, "offline"), seconds=10)

    asyncio.run(test())


def test_many_are_asked_for_at_once(shared_cluster):
    report = shared_cluster.post("/admin/v1/presence", {"users": ["a", "b", "a"]})
    assert [user["user"] for user in report["users"]] == ["a", "b", "a"]
    assert {user["state"] for user in report["users"]} == {"offline"}

"""Processes on a Redis Cluster, and on a master that sentinels watch: people chat, a master is killed, they go on."""

import asyncio

import pytest
from cluster import Kafka, Topology, until
from redis_layouts import RedisCluster, RedisSentinels
from test_cluster import Talk, balanced


@pytest.mark.parametrize("layout", [RedisCluster, RedisSentinels])
def test_people_go_on_when_a_master_dies(tmp_path, layout):
    if reason := Kafka.missing():
        pytest.skip(reason)

    async def story(topology):
        talk = Talk(topology, {"alice": "gateway-1", "bob": "gateway-2", "carol": "gateway-1"}, "redis")
        await talk.begin()
        talk.everybody_writes(20)
        await talk.settle()
        # Whoever has what all members share: their leases, the map, the leader.
        await asyncio.to_thread(topology.redis.kill_master, "{cluster}")
        talk.everybody_writes(20)
        await talk.settle()
        assert all(not client.closed for client in talk.clients.values()), "no connection ended"
        await asyncio.to_thread(topology.wait_ready)
        online(topology, talk.clients)
        # Slots still move: the new master has the leases and the map.
        topology.add_gateway("gateway-3")
        await asyncio.to_thread(balanced, topology, "gateway-1", "gateway-2", "gateway-3")
        talk.everybody_writes(20)
        await talk.end()

    with Topology(tmp_path, gateways=2, coordinators=2, slots=16, redis=layout(tmp_path / "redis")) as topology:
        topology.wait_ready()
        balanced(topology, "gateway-1", "gateway-2")
        asyncio.run(story(topology))


def online(topology, users):
    gateway = topology.gateways["gateway-2"]
    for user in users:
        until(lambda: gateway.get(f"/admin/v1/presence/{user}")["state"] == "online", f"{user} is not online")

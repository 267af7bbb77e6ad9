"""A cluster of processes, as an operator would run it: people chat across nodes while nodes leave, come and fail.

Needs redis-server and a Kafka broker (see cluster.py); where no broker can be had, the file is skipped and says why.
"""

import asyncio
import json
import resource
import signal
import subprocess
import time

import pytest
from chat_client import Client, finish
from cluster import Kafka, Topology, until
from history import History
from tokens import Minter

TEMPORARY_FAILURE, CONFIGURATION = 75, 78
KILLED_BY_TERM = 128 + signal.SIGTERM


@pytest.fixture(scope="module")
def topology(tmp_path_factory):
    if reason := Kafka.missing():
        pytest.skip(reason)
    with Topology(tmp_path_factory.mktemp("cluster"), gateways=3, coordinators=2) as topology:
        topology.wait_ready()
        yield topology


class Talk:
    """Some people on the nodes of a topology, who write to each other."""

    def __init__(self, topology, people, label):
        """`people`: names with the node on which each begins."""
        self.topology, self.history = topology, History()
        self.minter = Minter(topology.token_secret.encode())
        self.people = {f"{name}-{label}": node for name, node in people.items()}
        self.clients = {name: self._client(name, node) for name, node in self.people.items()}

    def token(self, user):
        return self.minter.token(user, tier="paid")

    @property
    def gateways(self):
        return {name: gateway.url for name, gateway in self.topology.running_gateways.items()}

    def _client(self, name, node):
        def url(failures):
            urls = self.gateways
            names = [node, *sorted(set(urls) - {node})]
            return urls.get(names[failures % len(names)], next(iter(urls.values())))

        return Client(self.history, name, "phone", url, lambda: self.token(name))

    async def begin(self):
        for client in self.clients.values():
            client.open()
        for name, client in self.clients.items():
            await client.until(lambda client=client: client.live, "live", 30)
            assert client.node == self.people[name]

    def everybody_writes(self, count):
        for name, client in self.clients.items():
            for _ in range(count):
                for other in self.clients:
                    if other != name:
                        client.send(other)

    async def settle(self):
        for client in self.clients.values():
            await client.until(lambda client=client: client.settled, "settled", 30)

    async def end(self):
        await self.settle()
        await finish(self.history, list(self.clients.values()), self)
        assert not self.history.violations(), self.history.violations()[:10]


def slots_of(topology):
    """How many slots each node has; None while some are on their way, or nobody can say."""
    try:
        slots = topology.status()["slots"]
    except OSError:
        return None
    if any(slot["movingTo"] or not slot["owner"] for slot in slots):
        return None
    owners = [slot["owner"] for slot in slots]
    return {owner: owners.count(owner) for owner in set(owners)}


def balanced(topology, *nodes):
    until(lambda: set(slots_of(topology) or ()) == set(nodes), f"the slots are not on {nodes}")


def test_people_on_different_nodes_chat(topology):
    async def story():
        talk = Talk(topology, {"alice": "gateway-1", "bob": "gateway-2", "carol": "gateway-3"}, "chat")
        await talk.begin()
        talk.everybody_writes(20)
        await talk.end()
        assert all(not client.closed for client in talk.clients.values())

    balanced(topology, "gateway-1", "gateway-2", "gateway-3")
    asyncio.run(story())


def test_sigterm_drains_a_gateway_and_it_comes_back(topology):
    async def story():
        talk = Talk(topology, {"alice": "gateway-1", "bob": "gateway-2", "carol": "gateway-3"}, "drain")
        await talk.begin()
        talk.everybody_writes(20)
        leaver = topology.gateways["gateway-3"]
        code = await asyncio.to_thread(leaver.stop)
        assert code == 0, leaver.log()
        assert '"drained"' in leaver.log(200)
        talk.everybody_writes(20)
        await talk.end()
        alice, bob, carol = talk.clients.values()
        assert not alice.closed and not bob.closed, "connections on living nodes stay"
        assert [reason for _, _, _, reason in carol.closed] == ["this gateway drains"]

    asyncio.run(story())
    balanced(topology, "gateway-1", "gateway-2")
    topology.gateways["gateway-3"].start()
    balanced(topology, "gateway-1", "gateway-2", "gateway-3")


@pytest.mark.parametrize("setting, value", [("mailbox.age", "7d"), ("limits.content", "1KiB"), ("lease.ttl", "6s")])
def test_a_node_that_disagrees_is_refused_with_the_setting_named(topology, setting, value):
    stranger = topology.add_gateway("stranger", settings={setting: value}, wait=False)
    try:
        assert stranger.wait(30) == CONFIGURATION, stranger.log()
        assert f"`{setting}` is {value} here" in stranger.log()
    finally:
        stranger.kill()
        del topology.gateways["stranger"]
    assert "stranger" not in {node["id"] for node in topology.status()["nodes"]}


def test_a_second_gateway_of_a_name_waits_for_the_first(topology):
    double = topology.add_gateway("double", settings={"node": "gateway-1"}, wait=False)
    try:
        until(lambda: "cannot join the cluster yet" in double.log(), "it did not say that it cannot join")
        assert double.stop() == 0, double.log()
    finally:
        double.kill()
        del topology.gateways["double"]
    assert topology.gateways["gateway-1"].is_ready


def test_a_port_that_is_taken_does_not_start(topology):
    taken = topology.gateways["gateway-1"].info["client"]
    stranger = topology.add_gateway("stranger", settings={"client.listen": taken}, wait=False)
    try:
        assert stranger.wait(30) == CONFIGURATION, stranger.log()
        assert "address already in use" in stranger.log()
    finally:
        stranger.kill()
        del topology.gateways["stranger"]


def test_another_number_of_slots_does_not_start(topology):
    stranger = topology.add_gateway("stranger", settings={"cluster.slots": "32"}, wait=False)
    try:
        assert stranger.wait(30) == CONFIGURATION, stranger.log()
        assert "partitions" in stranger.log()
    finally:
        stranger.kill()
        del topology.gateways["stranger"]


def test_a_second_signal_ends_a_draining_gateway_at_once(topology):
    # Alone with a coordinator that does not answer, it would wait for its time-out.
    hasty = topology.add_gateway("hasty", settings={"drain.timeout": "10m"})
    balanced(topology, "gateway-1", "gateway-2", "gateway-3", "hasty")
    for coordinator in topology.coordinators.values():
        coordinator.pause()
    try:
        hasty.signal(signal.SIGTERM)
        until(lambda: '"draining"' in hasty.log(), "it does not drain")
        hasty.signal(signal.SIGTERM)
        assert hasty.wait(10) == KILLED_BY_TERM
    finally:
        for coordinator in topology.coordinators.values():
            coordinator.resume()
        del topology.gateways["hasty"]
    balanced(topology, "gateway-1", "gateway-2", "gateway-3")


def test_a_drain_is_bounded(topology):
    slow = topology.add_gateway("slow", settings={"drain.timeout": "1s"})
    balanced(topology, "gateway-1", "gateway-2", "gateway-3", "slow")
    for coordinator in topology.coordinators.values():
        coordinator.pause()
    try:
        assert slow.stop(20) == 0
        assert "not drained in time" in slow.log()
    finally:
        for coordinator in topology.coordinators.values():
            coordinator.resume()
        del topology.gateways["slow"]
    balanced(topology, "gateway-1", "gateway-2", "gateway-3")


def test_a_gateway_that_lost_its_lease_joins_again(topology):
    async def story():
        talk = Talk(topology, {"alice": "gateway-1", "bob": "gateway-2"}, "lease")
        await talk.begin()
        sleeper = topology.gateways["gateway-3"]
        before = {node["id"]: node["incarnation"] for node in topology.status()["nodes"]}["gateway-3"]
        sleeper.pause()
        try:
            await asyncio.to_thread(balanced, topology, "gateway-1", "gateway-2")
            talk.everybody_writes(20)
        finally:
            sleeper.resume()
        await asyncio.to_thread(balanced, topology, "gateway-1", "gateway-2", "gateway-3")
        after = {node["id"]: node["incarnation"] for node in topology.status()["nodes"]}["gateway-3"]
        assert after != before
        assert "lease lost" in sleeper.log(500)
        talk.everybody_writes(20)
        await talk.end()
        assert all(not client.closed for client in talk.clients.values())

    asyncio.run(story())


def test_another_coordinator_leads_when_the_leader_is_killed(topology):
    leader = until(topology.leader, "nobody leads")
    topology.coordinators[leader].kill()
    other = until(lambda: (name := topology.leader()) and name != leader and name, "nobody else leads")
    topology.gateways["gateway-2"].kill()
    balanced(topology, "gateway-1", "gateway-3")
    topology.gateways["gateway-2"].start()
    balanced(topology, "gateway-1", "gateway-2", "gateway-3")
    topology.coordinators[leader].start()
    assert topology.coordinators[other].stop() == 0
    until(lambda: topology.leader() == leader, "the first does not lead again")
    topology.coordinators[other].start()


def test_every_process_names_the_leader(topology):
    leader = until(topology.leader, "nobody leads")
    for member in [*topology.running_gateways.values(), *topology.coordinators.values()]:
        assert member.get("/admin/v1/cluster")["leader"].partition("#")[0] == leader


def test_a_leader_that_is_stopped_hands_over_at_once(topology):
    leader = until(topology.leader, "nobody leads")
    witness = topology.gateways["gateway-1"]
    since = time.monotonic()
    assert topology.coordinators[leader].stop() == 0
    until(lambda: (name := witness.get("/admin/v1/cluster")["leader"]) and name.partition("#")[0] != leader,
          "nobody else leads", 5)
    taken = time.monotonic() - since
    topology.coordinators[leader].start()
    assert taken < 1, f"another led after {taken:.2f} s"


def test_readiness_names_the_store_that_is_away(topology):
    gateway, coordinator = topology.gateways["gateway-1"], topology.coordinators["coordinator-1"]
    until(lambda: gateway.is_ready, "it is not ready")
    topology.redis.pause()
    try:
        until(lambda: "Redis" in gateway.waits_for, "it does not say that Redis is away")
        until(lambda: "Redis" in coordinator.waits_for, "the coordinator does not say that Redis is away")
    finally:
        topology.redis.resume()
    until(lambda: gateway.is_ready and coordinator.is_ready, "they are not ready again")
    balanced(topology, "gateway-1", "gateway-2", "gateway-3")


def test_readiness_names_kafka_when_it_is_away(topology):
    if not topology.kafka.brokers:
        pytest.skip("somebody else's broker")
    gateway = topology.gateways["gateway-1"]
    until(lambda: gateway.is_ready, "it is not ready")
    for broker in topology.kafka.brokers.values():
        broker.pause()
    try:
        until(lambda: gateway.waits_for == ["Kafka"], "it does not say that Kafka is away")
    finally:
        for broker in topology.kafka.brokers.values():
            broker.resume()
    until(lambda: gateway.is_ready, "it is not ready again", 60)


def test_a_gateway_that_cannot_listen_again_says_so(topology):
    """Its lease is lost, and as it begins anew the machine has no descriptor for it."""
    victim = topology.add_gateway("victim")
    balanced(topology, "gateway-1", "gateway-2", "gateway-3", "victim")
    try:
        victim.pause()
        balanced(topology, "gateway-1", "gateway-2", "gateway-3")
        resource.prlimit(victim.pid, resource.RLIMIT_NOFILE, (3, 3))
        victim.resume()
        assert victim.wait(30) == TEMPORARY_FAILURE, victim.log()
        assert "cannot join again" in victim.log()
    finally:
        victim.kill()
        del topology.gateways["victim"]


def test_init_checks_a_topic_that_is_there(topology):
    again = topology.run("cluster", "init")
    assert "is there already, and all is well" in again.stdout
    other = topology.run("cluster", "init", "--cluster-slots", "32", check=False)
    assert other.returncode == CONFIGURATION and "partitions is 64, wanted: 32" in other.stderr


def test_a_broken_promise_is_refused_or_allowed_by_name(topology):
    stricter = {"kafka.replication": "3"}
    refused = topology.add_gateway("stranger", settings=stricter, wait=False)
    try:
        assert refused.wait(30) == CONFIGURATION, refused.log()
        assert "replication factor is 1, wanted: 3 or more" in refused.log()
        allowed = topology.add_gateway("stranger", settings={**stricter, "allow": "replication factor"})
        assert "a promise is broken, as the operator allows" in allowed.log()
        assert allowed.stop() == 0, allowed.log()
    finally:
        topology.gateways["stranger"].kill()
        del topology.gateways["stranger"]


def test_a_redis_that_evicts_is_refused(topology):
    topology.redis.cli("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    try:
        refused = topology.add_gateway("stranger", wait=False)
        assert refused.wait(30) == CONFIGURATION, refused.log()
        assert "maxmemory-policy is allkeys-lru" in refused.log()
    finally:
        topology.redis.cli("CONFIG", "SET", "maxmemory-policy", "noeviction")
        topology.gateways["stranger"].kill()
        del topology.gateways["stranger"]


def test_a_store_that_is_away_holds_up_no_end(topology):
    leaver = topology.add_gateway("leaver")
    until(lambda: leaver.is_ready, "it is not ready")
    topology.redis.pause()
    try:
        assert leaver.stop(20) == 0, leaver.log()
        assert "the cluster store does not answer" in leaver.log()
    finally:
        topology.redis.resume()
        leaver.kill()
        del topology.gateways["leaver"]
    balanced(topology, "gateway-1", "gateway-2", "gateway-3")


def test_the_log_may_be_json(topology):
    node = topology.add_gateway("json", settings={"log.format": "json", "log.level": "debug"})
    try:
        assert node.stop() == 0
        assert '"component":"gateway","message":"listening"' in node.log(200)
    finally:
        node.kill()
        del topology.gateways["json"]


def log_cat(topology, *words, cluster=None):
    return subprocess.run(
        [str(topology.binary), "log", "cat", "--config", str(topology.file),
         *(["--cluster-name", cluster] if cluster else []), *words], capture_output=True, text=True, timeout=60)


def test_the_log_of_a_user_is_printed(topology):
    async def play():
        talk = Talk(topology, {"alice": "gateway-1", "bob": "gateway-2"}, "cat")
        await talk.begin()
        talk.everybody_writes(3)
        await talk.end()

    asyncio.run(play())
    printed = log_cat(topology, "--user", "alice-cat", "--json", "--limit", "10000")
    assert printed.returncode == 0, printed.stderr
    records = [json.loads(line) for line in printed.stdout.splitlines()]
    assert [record["offset"] for record in records] == list(range(len(records)))
    sent = [record for record in records if record["kind"] == "posted" and record["from"] == "alice-cat"]
    got = [record for record in records if record["kind"] == "incoming" and record["to"] == "alice-cat"]
    assert {record["to"] for record in sent} == {"user:bob-cat"} and len({r["clientSequence"] for r in sent}) == 3
    assert {record["from"] for record in got} == {"bob-cat"} and len({record["id"] for record in got}) == 3
    assert not any("content" in record for record in records)

    first = log_cat(topology, "--user", "alice-cat", "--limit", "1")
    assert first.stdout.startswith("offset=0 kind=") and first.stdout.count("\n") == 1


def test_a_log_that_cannot_be_printed_says_why(topology):
    assert "there are 64 slots" in log_cat(topology, "--slot", "64").stderr
    assert "no-such-log" in log_cat(topology, cluster="no-such").stderr

"""Operations that move slots between nodes, and the pauses that the sessions notice meanwhile."""

import asyncio
import itertools
import json
import time
from collections import defaultdict

# One cycle: what an operator does, and what fate does. Each line is one operation on one node.
CYCLE = ["drain", "undrain"] * 5 + ["kill", "return"] * 3 + ["short pause"] * 3 + ["long pause"]
# Seconds; the lease is 3 s long.
SHORT_PAUSES = [0.3, 1.0, 2.0]
LONG_PAUSE = 4.5
SETTLE_SECONDS = 60


def plan(count, nodes):
    """`count` operations with their nodes; the second of a pair is on the node of the first."""
    kinds = itertools.islice(itertools.cycle(CYCLE), count)
    victims, node = itertools.cycle(nodes), None
    for kind in kinds:
        node = node if kind in ("undrain", "return") else next(victims)
        yield kind, node


class Map:
    """Who owns what, as the admin API told it."""

    def __init__(self, cluster):
        report = cluster.get("/admin/v1/cluster")
        self.nodes = {node["id"]: node for node in report["nodes"]}
        self.owners = {slot["slot"]: (slot["owner"], slot["epoch"]) for slot in report["slots"]}
        self.is_still = all(slot["movingTo"] is None and slot["owner"] for slot in report["slots"])

    def counts(self):
        counts = defaultdict(int)
        for owner, _ in self.owners.values():
            counts[owner] += 1
        return counts

    def is_balanced(self, nodes):
        counts = [self.counts()[node] for node in nodes]
        return self.is_still and sum(counts) == len(self.owners) and max(counts) - min(counts) <= 1


class Operator:
    """Carries out one operation and waits until the cluster has settled behind it."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.nodes = sorted(cluster.gateways)
        self.pauses = itertools.cycle(SHORT_PAUSES)

    async def until(self, holds, what):
        end = time.monotonic() + SETTLE_SECONDS
        while True:
            map = await asyncio.to_thread(Map, self.cluster)
            if holds(map):
                return map
            assert time.monotonic() < end, (
                f"after {SETTLE_SECONDS} s not: {what}; {dict(map.counts())} {map.nodes}\n{self.cluster.log()}")
            await asyncio.sleep(0.05)  # Pace of asking.

    async def perform(self, kind, node):
        others = [other for other in self.nodes if other != node]
        incarnation = (await asyncio.to_thread(Map, self.cluster)).nodes[node]["incarnation"]
        if kind == "drain":
            await self._post(f"{node}:drain")
            await self.until(lambda map: map.is_balanced(others), f"{node} drained")
        elif kind == "undrain":
            await self._post(f"{node}:undrain")
            await self.until(lambda map: map.is_balanced(self.nodes), f"{node} undrained")
        elif kind == "kill":
            await self._post(f"{node}:kill")
            await self.until(lambda map: map.is_balanced(others), f"the slots of {node}, killed, elsewhere")
        elif kind == "return":
            await self._post("", {"id": node})
            await self.until(lambda map: map.is_balanced(self.nodes), f"{node} back")
        elif kind == "short pause":
            await self._post(f"{node}:pause?seconds={next(self.pauses)}")
            await self.until(
                lambda map: map.nodes[node]["state"] == "up" and map.is_balanced(self.nodes), f"{node} awake")
        else:
            await self._post(f"{node}:pause?seconds={LONG_PAUSE}")
            await self.until(
                lambda map: map.nodes[node]["incarnation"] != incarnation and map.is_balanced(self.nodes),
                f"{node} awake as another incarnation")
        await asyncio.to_thread(self.cluster.nodes)

    async def _post(self, item, body=None):
        path = "/admin/v1/nodes/" + item if item else "/admin/v1/nodes"
        await asyncio.to_thread(self.cluster.post, path, body)


class Pauses:
    """Milliseconds that probes waited for `accepted`, by kind of operation and by how it concerned them."""

    def __init__(self):
        self.values = defaultdict(list)
        self.operations = defaultdict(int)
        self.seconds = defaultdict(float)
        self.slots_moved = 0
        self.worst = []

    def add(self, kind, concern, milliseconds, about):
        self.values[kind, concern].append(milliseconds)
        # A pause waits for itself: what stands out is a wait that nothing explains.
        if kind not in ("short pause", "long pause") or concern == "untouched":
            self.worst.append({"milliseconds": round(milliseconds, 1), "concern": concern, **about})
            self.worst = sorted(self.worst, key=lambda one: -one["milliseconds"])[:20]

    def table(self):
        return {
            f"{kind}, {concern}": {
                "pauses": len(values), "p50": percentile(values, 50), "p99": percentile(values, 99),
                "max": round(max(values), 1)}
            for (kind, concern), values in sorted(self.values.items())}

    def report(self, path, **more):
        table = self.table()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({
            "operations": dict(self.operations), "slotsMoved": self.slots_moved, "pauseMilliseconds": table,
            "settledSeconds": {kind: round(total / self.operations[kind], 2) for kind, total in self.seconds.items()},
            "worst": self.worst, **more}, indent=2) + "\n")
        width = max(len(name) for name in table)
        print(f"\n{'pause in ms (send to accepted)':{width}}  {'count':>6} {'p50':>8} {'p99':>8} {'max':>8}")
        for name, row in table.items():
            print(f"{name:{width}}  {row['pauses']:6} {row['p50']:8} {row['p99']:8} {row['max']:8}")
        print(f"{sum(self.operations.values())} operations moved {self.slots_moved} slots: {dict(self.operations)}")


def percentile(values, percent):
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, len(ordered) * percent // 100)], 1)

"""A cluster of processes on loopback, every part of which can be broken: Kafka, Redis, coordinators, gateways, links."""

import itertools
import os
import threading
import time
import urllib.error

from cluster import Gateway, Topology
from link_proxy import LinkProxy
from redis_tail import RedisTail
from site_base import SiteBase


# Brokers are started again and again here: up soon counts, not fast.
QUICK_START = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"


class Site(SiteBase):
    abilities = {"gateways", "coordinators", "brokers", "redis", "links", "failpoints"}

    def __init__(self, folder, gateways=3, brokers=3):
        super().__init__(folder)
        os.environ.setdefault("KAFKA_JVM_OPTS", QUICK_START)
        self.topology = Topology(self.folder / "cluster", gateways=0, coordinators=2, brokers=brokers)
        self.token_secret = self.topology.token_secret.encode()
        self.asleep, self.proxies, self.turn = set(), {}, itertools.count()
        self.expected_ends = set()  # of gateways that kill themselves
        try:
            self.topology.start()
            self.tail = RedisTail(self.topology.redis)
            for number in range(1, gateways + 1):
                self.start_gateway(f"gateway-{number}")
            self._wait_ready()
        except BaseException:
            self.close()
            raise

    def _wait_ready(self):
        end = time.monotonic() + 60
        while not self.is_balanced():
            if time.monotonic() > end:
                raise RuntimeError(f"the cluster is not ready: {self.describe()}")
            time.sleep(0.05)  # Pace of asking.

    def close(self):
        # Nobody looks at it any more: no drain.
        for gateway in self.topology.gateways.values():
            gateway.kill()
        self.topology.stop()
        for proxy in self.proxies.values():
            proxy.close()

    # Questions, to whoever answers.

    def awake(self):
        """The gateways that should answer."""
        return {name: gateway for name, gateway in sorted(self.topology.running_gateways.items())
                if name not in self.asleep}

    def gateways(self):
        return list(self.awake())

    def coordinators(self):
        return sorted(name for name, one in self.topology.coordinators.items() if one.is_running)

    def urls(self):
        return {name: gateway.url for name, gateway in self.awake().items()}

    def check_running(self):
        for name, gateway in self.topology.gateways.items():
            if name not in self.expected_ends:
                gateway.check_running()

    def _ask(self, path):
        gateways = list(self.awake().values())
        start = next(self.turn)
        for number in range(len(gateways)):
            try:
                return gateways[(start + number) % len(gateways)].get(path)
            except (urllib.error.URLError, OSError) as failure:
                error = failure
        raise RuntimeError(f"no gateway answers {path}: {error if gateways else 'none runs'}")

    def report(self):
        return self._ask("/admin/v1/cluster")

    def ask_presence(self, user):
        return self._ask(f"/admin/v1/presence/{user}")

    def leader(self):
        """The name of the coordinator that leads and lives; None: there is none now."""
        try:
            return self.topology.leader()
        except (OSError, StopIteration):
            return None

    # Gateways.

    def start_gateway(self, name, failpoint=None, proxied=False):
        """`proxied`: it advertises a proxy for its links. Only while links are cut: a port that refuses is how peers see
        that a node is dead, and a proxy's does not refuse."""
        gateway = Gateway(self.topology, name)
        if proxied:
            self.proxies[name] = LinkProxy(self.topology.ports_of(name)[1])
            gateway.settings["link.advertise"] = self.proxies[name].address
        if failpoint:
            environment = {**os.environ, "MARTLET_FAILPOINT": failpoint}
            gateway.environment = lambda: environment
            self.expected_ends.add(name)
        self.topology.gateways[name] = gateway
        gateway.start()

    def kill_gateway(self, name):
        self.topology.gateways.pop(name).kill()

    def stop_gateway(self, name):
        code = self.topology.gateways.pop(name).stop()
        if code != 0:
            raise RuntimeError(f"{name} ended with {code}")

    def pause_gateway(self, name, _):
        self.asleep.add(name)
        self.topology.gateways[name].pause()

    def resume_gateway(self, name):
        self.topology.gateways[name].resume()
        self.asleep.discard(name)

    def gateway_log(self, name):
        return self.topology.gateways[name].log_file

    # Coordinators, Redis, brokers, links.

    def kill_coordinator(self, name):
        self.topology.coordinators[name].kill()

    def stop_coordinator(self, name):
        self.topology.coordinators[name].stop()

    def start_coordinator(self, name):
        self.topology.coordinators[name].start()

    @property
    def redis(self):
        return self.topology.redis

    def brokers(self):
        return self.topology.kafka.brokers

    def start_brokers(self):
        """All that are down, at once: they wait for each other."""
        down = [broker for broker in self.brokers().values() if not broker.is_running]
        starts = [threading.Thread(target=broker.start, kwargs={"wait": False}) for broker in down]
        for start in starts:
            start.start()
        for start in starts:
            start.join()
        for broker in down:
            broker.wait_ready()

    def are_brokers_in_sync(self):
        return self.topology.kafka.is_in_sync()

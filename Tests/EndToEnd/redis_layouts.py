"""Redis as more than one server: a Redis Cluster, and a master with a replica that sentinels watch. For a `Topology`."""

import contextlib
import random
import socket
import subprocess

from cluster import Daemon, free_ports, until


class Server(Daemon):
    """One redis-server of several. `options`: its own, as on a command line."""

    def __init__(self, name, folder, port, *options):
        super().__init__(name, folder)
        self.port, self.options = port, options

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def command(self):
        return ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder), "--save", "",
                "--maxmemory-policy", "noeviction", "--repl-diskless-sync-delay", "0", *self.options]

    def start(self):
        self.launch()
        until(lambda: self.check_running() or self.says("PONG", "PING"), f"{self.name} does not answer")

    def cli(self, *words):
        done = subprocess.run(
            ["redis-cli", "-p", str(self.port), *map(str, words)], capture_output=True, text=True, timeout=30)
        return done.stdout.strip()

    def says(self, text, *words):
        with contextlib.suppress(subprocess.TimeoutExpired):
            return text in self.cli(*words)
        return False


def ports_with_bus(count):
    """Free ports whose cluster bus, 10,000 above, is free too: below those that the system gives away."""
    found = []
    while len(found) < count:
        port = random.randrange(12_000, 22_000)
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            for one in (port, port + 10_000):
                stack.enter_context(socket.socket()).bind(("127.0.0.1", one))
            if port not in found:
                found.append(port)
    return found


class Servers:
    """What a topology asks of its Redis. `servers` are those that keep data."""

    servers = ()

    def kill(self):
        for server in self.servers:
            server.kill()

    def resume(self):
        for server in self.servers:
            server.resume()

    def living(self):
        return [server for server in self.servers if server.is_running]


class RedisCluster(Servers):
    """Three masters with a replica each; a node counts as dead after a second."""

    def __init__(self, folder):
        options = ["--cluster-enabled", "yes", "--cluster-node-timeout", "1000"]
        self.servers = [Server(f"redis-{port}", folder / str(port), port, *options) for port in ports_with_bus(6)]
        self.settings = {"redis.layout": "cluster"}

    @property
    def address(self):
        return ",".join(server.address for server in self.servers)

    def start(self):
        for server in self.servers:
            server.start()
        addresses = [server.address for server in self.servers]
        done = subprocess.run(
            ["redis-cli", "--cluster", "create", *addresses, "--cluster-replicas", "1", "--cluster-yes"],
            capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        until(self.is_whole, "the cluster is not up")
        until(lambda: sum(server.says("master_link_status:up", "INFO", "replication") for server in self.servers) == 3,
              "the replicas do not follow")

    def is_whole(self):
        return all(server.says("cluster_state:ok", "CLUSTER", "INFO") for server in self.living())

    def master_of(self, key):
        """The server that has that key's slot now, as another sees it."""
        asked = self.living()[0]
        slot = int(asked.cli("CLUSTER", "KEYSLOT", key))
        for line in asked.cli("CLUSTER", "NODES").splitlines():
            words = line.split()
            if "master" not in words[2] or "fail" in words[2]:
                continue
            for part in words[8:]:
                first, _, last = part.partition("-")
                if first.isdigit() and int(first) <= slot <= int(last or first):
                    port = int(words[1].partition("@")[0].rpartition(":")[2])
                    return next(server for server in self.servers if server.port == port)
        return None

    def kill_master(self, key):
        """Kills the master of that key, and waits until its replica has its place."""
        victim = self.master_of(key)
        victim.kill()
        until(lambda: (now := self.master_of(key)) and now is not victim and self.is_whole(), "nobody took over")
        return victim


class RedisSentinels(Servers):
    """A master with one replica, and three sentinels; a server counts as dead after half a second."""

    NAME = "martlet-master"

    def __init__(self, folder):
        self.folder = folder
        master, replica, *self.ports = free_ports(5)
        self.first = Server("redis-first", folder / "first", master)
        self.second = Server("redis-second", folder / "second", replica, "--replicaof", "127.0.0.1", str(master))
        self.servers = [self.first, self.second]
        self.sentinels = []
        self.settings = {"redis.layout": "sentinel", "redis.master": self.NAME}

    @property
    def address(self):
        return ",".join(f"127.0.0.1:{port}" for port in self.ports)

    def start(self):
        for server in self.servers:
            server.start()
        until(lambda: self.first.says("state=online", "INFO", "replication"), "the replica does not follow")
        for port in self.ports:
            self.sentinels.append(Sentinel(self.folder / f"sentinel-{port}", port, self.NAME, self.first.port))
            self.sentinels[-1].start()
        for sentinel in self.sentinels:
            until(sentinel.knows_all, "a sentinel does not know the others")

    def kill(self):
        for sentinel in self.sentinels:
            sentinel.kill()
        super().kill()

    def kill_master(self, _=None):
        """Kills the master, and waits until the sentinels have another."""
        self.first.kill()
        until(lambda: all(str(self.second.port) == sentinel.master_port() for sentinel in self.sentinels),
              "the sentinels have no other master")
        until(lambda: self.second.says("role:master", "INFO", "replication"), "the replica is no master")
        return self.first


class Sentinel(Server):
    def __init__(self, folder, port, name, master):
        super().__init__(f"sentinel-{port}", folder, port)
        self.master = name
        (self.folder / "sentinel.conf").write_text(f"""\
port {port}
bind 127.0.0.1
dir {self.folder}
sentinel monitor {name} 127.0.0.1 {master} 2
sentinel down-after-milliseconds {name} 500
sentinel failover-timeout {name} 3000
""")

    def command(self):
        return ["redis-server", str(self.folder / "sentinel.conf"), "--sentinel"]

    def master_port(self):
        return self.cli("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self.master).split("\n")[-1]

    def knows_all(self):
        words = self.cli("SENTINEL", "MASTER", self.master).split("\n")
        known = dict(zip(words[::2], words[1::2]))
        return known.get("num-slaves") == "1" and known.get("num-other-sentinels") == "2"

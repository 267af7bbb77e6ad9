"""A cluster of real processes on loopback: redis-server, Kafka brokers, coordinators and gateways.

    with Topology(folder, gateways=3, coordinators=2, brokers=1) as cluster:
        cluster.wait_ready()
        cluster.gateways["gateway-1"].kill()

Each process keeps its log and its data in the topology's folder, listens on free ports, and can be started, stopped
(SIGTERM), killed, paused and resumed by itself. `stop` ends whatever still runs.

Brokers come from a Kafka distribution: the folder that KAFKA_HOME names, else `../shared/kafka` beside this repository.
MARTLET_TEST_KAFKA=host:port names a broker that runs already; it cannot be killed then.
"""

import contextlib
import json
import os
import pathlib
import secrets
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("MARTLET_BIN", ROOT / ".build" / "release" / "martlet"))
PACE = 0.05  # Between two looks at a condition.


def until(condition, what, seconds=30):
    """Asks `condition` until it holds, and returns what it gave."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"after {seconds} s: {what}"
        time.sleep(PACE)


def free_ports(count):
    """Ports that nobody listens on now."""
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in held]


def answers(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


class Daemon:
    """One process with a folder and a log of its own."""

    def __init__(self, name, folder):
        self.name, self.folder = name, pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.process = None

    def command(self):
        raise NotImplementedError

    def environment(self):
        return dict(os.environ)

    def launch(self):
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(
                self.command(), cwd=self.folder, env=self.environment(), stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, process_group=0)  # A Ctrl-C is for who started it, and ends it in order.

    @property
    def log_file(self):
        return self.folder / "log"

    @property
    def pid(self):
        return self.process.pid

    @property
    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def log(self, lines=40):
        """The end of what it said."""
        if not self.log_file.exists():
            return ""
        return "\n".join(self.log_file.read_text(errors="replace").splitlines()[-lines:])

    def check_running(self):
        code = self.process.poll()
        assert code is None, f"{self.name} ended with {code}:\n{self.log()}"

    def signal(self, number):
        if self.is_running:
            self.process.send_signal(number)

    def kill(self):
        """SIGKILL: no goodbye."""
        self.signal(signal.SIGKILL)
        if self.process:
            self.process.wait()

    def pause(self):
        self.signal(signal.SIGSTOP)

    def resume(self):
        self.signal(signal.SIGCONT)

    def stop(self, seconds=60):
        """Asks it to end and returns its exit status."""
        if self.process is None:
            return None
        self.resume()
        self.signal(signal.SIGTERM)
        return self.wait(seconds)

    def wait(self, seconds=60):
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} did not end within {seconds} s:\n{self.log()}") from None


class Redis(Daemon):
    """A redis-server that keeps everything in an append-only file."""

    def __init__(self, folder, appendfsync="everysec"):
        super().__init__("redis", folder)
        self.appendfsync, self.settings = appendfsync, {}
        (self.port,) = free_ports(1)

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def command(self):
        return ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder),
                "--appendonly", "yes", "--appendfsync", self.appendfsync, "--save", "", "--daemonize", "no",
                "--maxmemory-policy", "noeviction"]

    def start(self):
        self.launch()
        until(lambda: self.check_running() or self._answers(), "redis-server does not answer")

    def _answers(self):
        with contextlib.suppress(OSError, AssertionError):
            return self.cli("PING") == "PONG"

    def cli(self, *words):
        """What redis-cli prints for one command."""
        done = subprocess.run(
            ["redis-cli", "-p", str(self.port), *map(str, words)], capture_output=True, text=True, timeout=30)
        return done.stdout.strip()


class Broker(Daemon):
    """One Kafka broker, which is a controller too."""

    def __init__(self, kafka, number, port, controller_port):
        super().__init__(f"kafka-{number}", kafka.folder / str(number))
        self.kafka, self.number, self.port, self.controller_port = kafka, number, port, controller_port

    @property
    def properties(self):
        return self.folder / "server.properties"

    def configure(self, voters, count):
        inside = min(2, count)
        self.properties.write_text(f"""\
process.roles=broker,controller
node.id={self.number}
controller.quorum.voters={voters}
listeners=PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{self.controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{self.port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={self.folder}/data
auto.create.topics.enable=false
default.replication.factor={count}
min.insync.replicas={inside}
offsets.topic.replication.factor={count}
offsets.topic.num.partitions=4
transaction.state.log.replication.factor={count}
transaction.state.log.min.isr={inside}
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor={count}
share.coordinator.state.topic.min.isr={inside}
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
""" + "".join(f"{name}={value}\n" for name, value in self.kafka.properties.items()))
        done = subprocess.run(
            self.java("kafka.tools.StorageTool", "format", "-t", "bWFydGxldC10ZXN0LWtmaw", "-c", self.properties,
                      heap="128m"), capture_output=True, text=True)
        assert done.returncode == 0, f"Kafka's storage cannot be formatted:\n{done.stdout}{done.stderr}"

    def java(self, main, *arguments, heap):
        # KAFKA_JVM_OPTS: a broker that is up sooner, or one that is fast when it is.
        tuning = os.environ.get("KAFKA_JVM_OPTS", "-XX:+UseG1GC").split()
        return [os.environ.get("JAVA", "java"), "-Xms64m", f"-Xmx{heap}", *tuning, "-Djava.awt.headless=true",
                f"-Dlog4j2.configurationFile={self.kafka.logging}", "-Dlog4j2.disableJmx=true",
                "-cp", f"{self.kafka.home}/libs/*", main, *map(str, arguments)]

    def command(self):
        return self.java("kafka.Kafka", self.properties, heap=os.environ.get("KAFKA_HEAP", "512m"))

    def start(self, wait=True):
        self.log_file.unlink(missing_ok=True)
        self.launch()
        if wait:
            self.wait_ready()

    def wait_ready(self):
        until(lambda: self.check_running() or self._is_ready(), f"broker {self.number} is not ready", 180)

    def _is_ready(self):
        return "Kafka Server started" in self.log_file.read_text(errors="replace") and answers(self.port)


class Kafka:
    """As many brokers as one wants, or somebody else's."""

    def __init__(self, folder, brokers=1, properties=None):
        self.folder, self.properties = pathlib.Path(folder), dict(properties or {})
        self.home = self.find()
        self.external = os.environ.get("MARTLET_TEST_KAFKA")
        self.count = 0 if self.external else brokers
        self.brokers = {}

    @staticmethod
    def find():
        """The folder of a Kafka distribution; None: there is none."""
        named = os.environ.get("KAFKA_HOME")
        homes = [pathlib.Path(named)] if named else [ROOT.parent / "shared" / "kafka"]
        return next((home for home in homes if (home / "libs").is_dir()), None)

    @classmethod
    def missing(cls):
        """Why no broker can be had, as a line for people; None: one can."""
        if os.environ.get("MARTLET_TEST_KAFKA"):
            return None
        if cls.find() is None:
            return "no Kafka: set KAFKA_HOME to a Kafka distribution, or MARTLET_TEST_KAFKA to a broker's address"
        return None if shutil.which(os.environ.get("JAVA", "java")) else "no Kafka: there is no Java to run it with"

    @property
    def logging(self):
        names = [self.home / "log4j2.properties", self.home / "config" / "log4j2.yaml"]
        return next((name for name in names if name.exists()), "")

    @property
    def replication(self):
        return max(1, self.count)

    @property
    def bootstrap(self):
        return self.external or ",".join(f"127.0.0.1:{broker.port}" for broker in self.brokers.values())

    def start(self):
        if self.external:
            return
        ports = free_ports(2 * self.count)
        for number in range(1, self.count + 1):
            self.brokers[number] = Broker(self, number, ports[number - 1], ports[self.count + number - 1])
        voters = ",".join(f"{one.number}@127.0.0.1:{one.controller_port}" for one in self.brokers.values())
        for broker in self.brokers.values():
            broker.configure(voters, self.count)
            broker.start(wait=False)
        for broker in self.brokers.values():
            broker.wait_ready()

    def is_in_sync(self):
        """Every broker has all of its partitions again. Kafka's own tool says so, in a second or two."""
        broker = next(broker for broker in self.brokers.values() if broker.is_running)
        command = broker.java("org.apache.kafka.tools.TopicCommand", "--bootstrap-server", self.bootstrap, "--describe",
                              "--under-replicated-partitions", heap="128m")
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=30)
        except subprocess.TimeoutExpired:
            return False
        # A line for each that is not, among the tool's own log.
        return done.returncode == 0 and "Partition: " not in done.stdout

    def stop(self):
        # A quorum that shuts down one by one waits for itself; nobody needs its data afterwards.
        for broker in self.brokers.values():
            broker.kill()


class Member(Daemon):
    """A coordinator or a gateway: `martlet gateway` with the topology's file and settings of its own."""

    kind = ""

    def __init__(self, topology, name, settings=None):
        super().__init__(name, topology.folder / name)
        self.topology, self.settings = topology, dict(settings or {})
        self.info = None

    @property
    def info_file(self):
        return self.folder / "info.json"

    def options(self):
        """Settings by their names in a file, such as `redis.timeout`; a topology's caller may add some."""
        return {"admin.listen": "127.0.0.1:0", **self.settings}

    def command(self):
        words = [str(self.topology.binary), self.kind, "--config", str(self.topology.file), "--info",
                 str(self.info_file)]
        for name, value in self.options().items():
            words += [f"--{option_name(name)}={value}"]
        return words

    def start(self, wait=True):
        self.info_file.unlink(missing_ok=True)
        self.info = None
        self.launch()
        if wait:
            self.wait_started()

    def wait_started(self, seconds=60):
        """Until it listens; a gateway's slots may still be on their way."""
        self.info = until(lambda: self._read(), f"{self.name} wrote no info file; it said:\n{self.log()}", seconds)

    def _read(self):
        self.check_running()
        with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
            return json.loads(self.info_file.read_text())

    @property
    def admin(self):
        return self.info["admin"]

    def get(self, path, seconds=10):
        """An admin answer, as JSON or text."""
        return self._call("GET", path, seconds)

    def post(self, path, seconds=10):
        return self._call("POST", path, seconds)

    def _call(self, method, path, seconds):
        headers = {"Authorization": f"Bearer {self.topology.admin_token}"}
        data = b"" if method == "POST" else None
        request = urllib.request.Request(self.admin + path, method=method, headers=headers, data=data)
        with urllib.request.urlopen(request, timeout=seconds) as answer:
            text = answer.read().decode()
        return json.loads(text) if text[:1] in ("{", "[") else text

    @property
    def is_ready(self):
        with contextlib.suppress(OSError, urllib.error.URLError):
            return self.get("/readyz")["ready"]
        return False

    @property
    def waits_for(self):
        """What `/readyz` names; nothing: it is ready."""
        try:
            return self.get("/readyz")["waitingFor"]
        except urllib.error.HTTPError as error:
            return json.loads(error.read())["waitingFor"]


class Coordinator(Member):
    kind = "coordinator"

    def options(self):
        return {"coordinator.id": self.name, **super().options()}


class Gateway(Member):
    kind = "gateway"

    def options(self):
        # A port that stays across restarts, so that clients find it again.
        ports = self.topology.ports_of(self.name)
        return {"node": self.name, "client.listen": f"127.0.0.1:{ports[0]}", "link.listen": f"127.0.0.1:{ports[1]}",
                **super().options()}

    @property
    def url(self):
        return f"ws://{self.info['client']}/v1/ws"


def option_name(setting):
    """`drain.reconnectsPerSecond` is `--drain-reconnects-per-second`."""
    return "".join(f"-{one.lower()}" if one.isupper() else one for one in setting).replace(".", "-")


class Topology:
    """The whole cluster. `settings` are for all members, by their names in a configuration file; `properties` are for
    the brokers, by Kafka's names. `redis`: something else than one server, with an address and settings of its own (see
    redis_layouts.py)."""

    def __init__(self, folder, gateways=3, coordinators=1, brokers=1, slots=64, settings=None, appendfsync="everysec",
                 binary=None, redis=None, properties=None):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.binary = pathlib.Path(binary or BINARY)
        self.slots, self.settings = slots, dict(settings or {})
        self.redis = redis or Redis(self.folder / "redis", appendfsync)
        self.kafka = Kafka(self.folder / "kafka", brokers, properties)
        self.first_coordinators = [f"coordinator-{number}" for number in range(1, coordinators + 1)]
        self.first_gateways = [f"gateway-{number}" for number in range(1, gateways + 1)]
        self.coordinators, self.gateways = {}, {}
        self.name = f"test-{secrets.token_hex(4)}"
        self.token_secret, self.link_secret = secrets.token_hex(32), secrets.token_hex(32)
        self.admin_token = secrets.token_hex(16)
        self._ports = {}

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    # Configuration.

    @property
    def file(self):
        return self.folder / "martlet.yaml"

    def write_file(self):
        """The file that all members share; secrets lie in files of their own."""
        for name in ("token_secret", "link_secret", "admin_token"):
            path = self.folder / name
            path.write_text(getattr(self, name) + "\n")
            path.chmod(0o600)
        settings = {
            "cluster.name": self.name, "cluster.slots": self.slots, "redis.address": self.redis.address,
            "kafka.bootstrap": self.kafka.bootstrap, "kafka.replication": self.kafka.replication,
            "kafka.minInsyncReplicas": min(2, self.kafka.replication),
            "token.secretFile": self.folder / "token_secret", "link.secretFile": self.folder / "link_secret",
            "admin.tokenFile": self.folder / "admin_token", **self.redis.settings,
            **self.settings}
        groups = {}
        for name, value in settings.items():
            group, _, rest = name.partition(".")
            groups.setdefault(group, {})[rest] = str(value)
        lines = []
        for group, members in groups.items():
            if list(members) == [""]:
                lines.append(f"{group}: {json.dumps(members[''])}")
            else:
                lines += [f"{group}:", *(f"  {name}: {json.dumps(value)}" for name, value in members.items())]
        self.file.write_text("\n".join(lines) + "\n")

    def ports_of(self, name):
        if name not in self._ports:
            self._ports[name] = free_ports(2)
        return self._ports[name]

    # Start and end.

    def start(self):
        assert self.binary.exists(), f"{self.binary} is not there: build it, or name it by MARTLET_BIN"
        self.redis.start()
        self.kafka.start()
        self.write_file()
        self.run("cluster", "init")
        for name in self.first_coordinators:
            self.add_coordinator(name)
        for name in self.first_gateways:
            self.add_gateway(name, wait=False)
        for gateway in self.gateways.values():
            gateway.wait_started()

    def run(self, *words, check=True):
        """One `martlet` command with the topology's file; its result."""
        done = subprocess.run(
            [str(self.binary), *words, "--config", str(self.file)], capture_output=True, text=True, timeout=120)
        assert not check or done.returncode == 0, f"{words} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        return done

    def add_coordinator(self, name=None, settings=None, wait=True):
        name = name or self._free("coordinator", self.coordinators)
        self.coordinators[name] = Coordinator(self, name, settings)
        self.coordinators[name].start(wait)
        return self.coordinators[name]

    def add_gateway(self, name=None, settings=None, wait=True):
        name = name or self._free("gateway", self.gateways)
        self.gateways[name] = Gateway(self, name, settings)
        self.gateways[name].start(wait)
        return self.gateways[name]

    @staticmethod
    def _free(kind, taken):
        number = 1
        while f"{kind}-{number}" in taken:
            number += 1
        return f"{kind}-{number}"

    def stop(self):
        """Ends everything that runs, gateways first; quick rather than gentle."""
        self.redis.resume()
        # Gateways that all end have nobody to drain to, which a coordinator tells them.
        self._end(self.gateways.values())
        self._end(self.coordinators.values())
        self.redis.kill()
        self.kafka.stop()

    @staticmethod
    def _end(members, seconds=10):
        for member in members:
            member.resume()
            member.signal(signal.SIGTERM)
        end = time.monotonic() + seconds
        while any(member.is_running for member in members) and time.monotonic() < end:
            time.sleep(PACE)
        for member in members:
            member.kill()

    # State.

    @property
    def running_gateways(self):
        return {name: gateway for name, gateway in self.gateways.items() if gateway.is_running and gateway.info}

    def status(self):
        """What a living gateway says of the cluster."""
        return next(iter(self.running_gateways.values())).get("/admin/v1/cluster")

    def wait_ready(self, seconds=60):
        """Every gateway is a member, and every slot has a settled owner."""
        until(lambda: all(gateway.check_running() or gateway.is_ready for gateway in self.running_gateways.values()),
              "not every gateway is ready", seconds)

    def leader(self):
        """The name of the coordinator that leads, or None. A coordinator adds `#` and a random part to its name."""
        for coordinator in self.coordinators.values():
            if coordinator.is_running and coordinator.info:
                name = (coordinator.get("/admin/v1/cluster")["leader"] or "").partition("#")[0]
                return name if name in self.coordinators else None
        return None

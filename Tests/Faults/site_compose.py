"""The cluster of docker-compose.yml, seen through its load balancer, as a place on which faults are played.

The admin API is asked at the containers' own addresses, so the engine has to run on this machine's kernel.
"""

import contextlib
import itertools
import json
import subprocess
import time
import urllib.error
import urllib.request

from cluster import free_ports
from container_checks import ASK, broken_promises, leaks
from container_engine import ROOT, Engine
from site_base import SiteBase

READY_SECONDS = 300
COORDINATORS = ["coordinator-1", "coordinator-2"]
OURS = ["gateway", *COORDINATORS]
SERVICES = ["kafka-1", "kafka-2", "kafka-3", "redis", "init", *OURS, "proxy"]


def secrets():
    """What `make secrets` wrote, without the number of descriptors, which is none."""
    subprocess.run([ROOT / "Scripts" / "secrets.sh"], check=True, capture_output=True)
    lines = (ROOT / ".env").read_text().splitlines()
    found = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    found.pop("MARTLET_OPEN_FILES", None)
    return found


class ComposeSite(SiteBase):
    abilities = {"gateways", "coordinators", "brokers"}

    def __init__(self, folder, project, gateways=3, build=True, environment=None):
        super().__init__(folder)
        self.secrets = secrets()
        self.token_secret = self.secrets["MARTLET_TOKEN_SECRET"].encode()
        self.admin_token = self.secrets["MARTLET_ADMIN_TOKEN"]
        (self.port,) = free_ports(1)
        self.engine = Engine(project, {
            # Whoever else uses the machine makes a check slow, not its part unhealthy.
            "MARTLET_HEALTH_TIMEOUT": "60s", "MARTLET_SLOTS": "64",
            # Brokers that live for minutes: what a thorough compiler takes would be missing elsewhere.
            "MARTLET_KAFKA_JAVA": "-Xms256m -Xmx512m -XX:TieredStopAtLevel=1", "MARTLET_PORT": str(self.port),
            "MARTLET_PUBLIC_ADDRESS": f"127.0.0.1:{self.port}", **(environment or {})})
        self.turn, self.nodes = itertools.count(), {}
        try:
            if build:
                self.engine.compose("build", seconds=3600)
            self.scale(gateways)
            self._wait(self.is_balanced, "every slot has its gateway")
        except BaseException:
            self.keep_logs()
            self.close()
            raise

    def _wait(self, holds, what, seconds=READY_SECONDS):
        end = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > end:
                raise RuntimeError(f"after {seconds} s not: {what}; {self.describe()}")
            time.sleep(0.2)  # Pace of asking.

    def close(self):
        self.engine.close()

    def log(self, name, lines=40):
        return self.engine.log(name, lines)

    def keep_logs(self):
        """What each container said, in the site's folder."""
        for service in SERVICES:
            for one in self.engine.containers(service, all=True):
                name = one["Name"].lstrip("/")
                (self.folder / f"{name}.log").write_text(self.engine.log(name, 100_000))

    # What docker-compose.yml promises.

    def broken_promises(self):
        open_files = int(self.engine.environment.get("MARTLET_OPEN_FILES", 110_000))
        for service in OURS:
            for one in self.engine.containers(service):
                answer = self.engine.run("exec", one["Id"], *ASK)
                found = broken_promises(answer, open_files if service == "gateway" else None)
                yield from (f"{one['Name']} {what}" for what in found)
                self.engine.run("exec", one["Id"], "healthy")
        texts = {name: (ROOT / name).read_text() for name in ("docker-compose.yml", "Cluster/Dockerfile")}
        yield from leaks(self.secrets, {**texts, "the image": json.dumps(self.image())})

    def image(self):
        (container, *_) = self.nodes.values()
        (image,) = json.loads(self.engine.run("image", "inspect", container["Image"]))
        return image

    def end(self):
        """Stops everything in order; (container, exit status) of each that did not end with 0."""
        self.engine.compose("stop")
        stopped = [one for service in OURS for one in self.engine.containers(service, all=True)]
        return [(one["Name"], one["State"]["ExitCode"]) for one in stopped if one["State"]["ExitCode"] != 0]

    # Questions.

    def refresh(self):
        """Who runs: a gateway's node id is its container's host name."""
        self.nodes = {one["Config"]["Hostname"]: one for one in self.engine.containers("gateway")}

    def gateways(self):
        return list(self.nodes)

    def urls(self):
        return {"proxy": f"ws://127.0.0.1:{self.port}/v1/ws"}

    def check_running(self):
        """Looked at in the end: asking an engine takes longer than the pace at which this is called."""

    def restarted(self):
        """Gateways that ended by themselves and were started again by the engine."""
        return [name for name, one in self.nodes.items() if one.get("RestartCount", 0) > 0]

    @staticmethod
    def address(container):
        networks = container["NetworkSettings"]["Networks"].values()
        return next(network["IPAddress"] for network in networks)

    def _ask(self, path):
        nodes = list(self.nodes.values())
        start = next(self.turn)
        for number in range(len(nodes)):
            try:
                return self._get(self.address(nodes[(start + number) % len(nodes)]), path)
            except (urllib.error.URLError, OSError) as failure:
                error = failure
        raise RuntimeError(f"no gateway answers {path}: {error if nodes else 'none runs'}")

    def _get(self, address, path):
        request = urllib.request.Request(
            f"http://{address}:9600{path}", headers={"Authorization": f"Bearer {self.admin_token}"})
        with urllib.request.urlopen(request, timeout=5) as answer:
            return json.loads(answer.read())

    def report(self):
        return self._ask("/admin/v1/cluster")

    def ask_presence(self, user):
        return self._ask(f"/admin/v1/presence/{user}")

    def leader(self):
        """The service of the coordinator that leads, as one of them says. A coordinator adds `#` and a random part to its
        name."""
        for service in COORDINATORS:
            for one in self.engine.containers(service):
                with contextlib.suppress(urllib.error.URLError, OSError):
                    name = (self._get(self.address(one), "/admin/v1/cluster")["leader"] or "").partition("#")[0]
                    return name if name in COORDINATORS else None
        return None

    # What is done to it.

    def scale(self, count):
        """Starts or stops gateways until there are so many; those with the highest numbers go."""
        self.engine.compose("up", "-d", "--no-build", "--scale", f"gateway={count}")
        self.engine.rest()
        self.refresh()

    def last(self, count):
        """The gateways that a smaller scale takes away."""
        return self.gateways()[-count:]

    def scale_in(self, by):
        """Takes the last gateways away; the exit status of each."""
        waits = {name: self.engine.begin("wait", self.nodes[name]["Id"]) for name in self.last(by)}
        self.scale(len(self.nodes) - by)
        return {name: wait.communicate(timeout=30)[0].strip() for name, wait in waits.items()}

    def kill_gateway(self, name):
        self.engine.run("kill", "--signal", "KILL", self.nodes[name]["Id"])
        self.nodes.pop(name)

    def kill(self, service):
        """SIGKILL to the one container of a service; what `start` needs to bring it back."""
        (container,) = self.engine.containers(service)
        self.engine.run("kill", "--signal", "KILL", container["Id"])
        return container["Id"]

    def start(self, id):
        self.engine.run("start", id)

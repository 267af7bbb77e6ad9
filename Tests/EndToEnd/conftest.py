"""What the end-to-end tests share: a real development cluster, started for a test and stopped after it.

MARTLET_BIN names the binary (default: .build/release/martlet of this folder).
"""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import urllib.request

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "Clients" / "page" / "test"), str(ROOT / "Tests" / "Golden")]
BINARY = pathlib.Path(os.environ.get("MARTLET_BIN", ROOT / ".build" / "release" / "martlet"))


def eventually(condition, what, seconds=30):
    """Asks `condition` until it holds, and returns what it gave."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"after {seconds} s: {what}"
        time.sleep(0.02)  # Pace of asking, not a guess at how long something takes.


class Cluster:
    """`martlet dev` in a process of its own, and its admin API."""

    def __init__(self, folder, nodes=3, arguments=()):
        self.folder = pathlib.Path(folder)
        self.node_count = nodes
        self.arguments = list(arguments)
        self.process = None
        self.start(fresh=True)

    def start(self, fresh=False):
        info = self.folder / "info.json"
        info.unlink(missing_ok=True)
        ports = ["--port", "0", "--page-port", "0", "--admin-port", "0"]
        command = [str(BINARY), "dev", "--nodes", str(self.node_count), "--data", str(self.folder / "data"), *ports,
                   "--info", str(info), *(["--fresh"] if fresh else []), *self.arguments]
        with open(self.folder / "cluster.log", "ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT)
        self.info = eventually(lambda: self._read(info), "the cluster wrote no info file")
        self.page, self.admin = self.info["page"], self.info["admin"]
        self.gateways = {gateway["node"]: gateway["url"] for gateway in self.info["gateways"]}

    def _read(self, info):
        assert self.process.poll() is None, f"the cluster ended with {self.process.returncode}:\n{self.log()}"
        try:
            return json.loads(info.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return None

    def log(self, lines=40):
        """The end of what the cluster logged."""
        text = (self.folder / "cluster.log").read_text(errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def get(self, path):
        """An admin answer, by `GET`."""
        return self._call("GET", self.admin + path, token=self.info["adminToken"])

    def post(self, path, body=None):
        """An admin answer, by `POST`."""
        return self._call("POST", self.admin + path, token=self.info["adminToken"], body=body)

    def token(self, user, tier="free"):
        """A development token, from where the chat page gets its own."""
        return self._call("POST", self.page + "/dev/token", body={"user": user, "tier": tier})["token"]

    def nodes(self):
        """What the cluster says of each node, by id; `gateways` follows it, since a node that came back has another port."""
        nodes = {node["id"]: node for node in self.get("/admin/v1/cluster")["nodes"]}
        self.gateways = {
            id: f"ws://{node['clientAddress']}/v1/ws" for id, node in nodes.items() if node["state"] != "dead"}
        return nodes

    def kill(self):
        """SIGKILL: no goodbye, nothing flushed."""
        self.process.kill()
        self.process.wait()

    @staticmethod
    def _call(method, url, token=None, body=None):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if body:
            headers["Content-Type"] = "application/json"
        data = json.dumps(body).encode() if body else (b"" if method == "POST" else None)
        request = urllib.request.Request(url, method=method, headers=headers, data=data)
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def stop(self):
        """Asks it to end and returns its exit status; it gets 30 s."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise


@contextlib.contextmanager
def running(folder, **options):
    """A cluster that has to live until the end of the test."""
    if not BINARY.exists():
        pytest.fail(f"{BINARY} is not there: build it, or name it by MARTLET_BIN")
    cluster = Cluster(folder, **options)
    try:
        yield cluster
        assert cluster.process.poll() is None, f"the cluster ended by itself:\n{cluster.log()}"
    finally:
        cluster.stop()


@pytest.fixture
def cluster(tmp_path):
    """Three nodes, one process, nothing stored before."""
    with running(tmp_path) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def shared_cluster(tmp_path_factory):
    """The same for all tests of a file, which use users of their own."""
    with running(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster

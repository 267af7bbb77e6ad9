"""A whole cluster in one process, `martlet dev`, behind the interface of `Site`: for faults of gateways, without Kafka."""

import time
from pathlib import Path

from conftest import Cluster
from site_base import SiteBase


class DevSite(SiteBase):
    abilities = {"gateways"}

    def __init__(self, folder):
        super().__init__(folder)
        self.cluster = Cluster(self.folder)
        self.token_secret = (Path(self.cluster.info["data"]) / "secret").read_bytes()
        self.asleep = {}

    def close(self):
        self.cluster.stop()

    def check_running(self):
        if self.cluster.process.poll() is not None:
            raise RuntimeError(f"the cluster ended:\n{self.cluster.log()}")

    def report(self):
        return self.cluster.get("/admin/v1/cluster")

    def ask_presence(self, user):
        return self.cluster.get(f"/admin/v1/presence/{user}")

    def gateways(self):
        return sorted(node["id"] for node in self.report()["nodes"] if node["state"] in ("up", "draining"))

    def urls(self):
        self.cluster.nodes()
        living = self.gateways()
        return {name: url for name, url in sorted(self.cluster.gateways.items()) if name in living}

    def kill_gateway(self, name):
        self._post(f"{name}:kill")

    def start_gateway(self, name):
        self.cluster.post("/admin/v1/nodes", {"id": name})

    def stop_gateway(self, name):
        self._post(f"{name}:drain")
        end = time.monotonic() + 30
        while any(slot["owner"] == name for slot in self.report()["slots"]) and time.monotonic() < end:
            time.sleep(0.05)  # Pace of asking.
        self._post(f"{name}:kill")

    def pause_gateway(self, name, seconds):
        self._post(f"{name}:pause?seconds={seconds}")
        self.asleep[name] = time.monotonic() + seconds

    def resume_gateway(self, name):
        time.sleep(max(0, self.asleep.pop(name) - time.monotonic()))

    def _post(self, item):
        self.cluster.post(f"/admin/v1/nodes/{item}")

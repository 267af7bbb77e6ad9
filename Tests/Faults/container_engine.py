"""Whichever container engine this machine has: Docker, the helper that stands in for it, or podman."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Runs compose files with podman where there is no engine.
HELPER = Path(os.environ.get("MARTLET_CONTAINERS", ROOT.parent / "shared" / "containers" / "containers.sh"))


class NoEngine(Exception):
    """There is none."""


def works(*words):
    return shutil.which(words[0]) and subprocess.run(words, capture_output=True).returncode == 0


def find():
    """(words before a command of the engine, words before a command of compose)."""
    if works("docker", "info"):
        compose = ["docker", "compose"] if works("docker", "compose", "version") else ["docker-compose"]
        return ["docker"], compose
    if HELPER.exists():
        return [str(HELPER), "podman"], [str(HELPER), "compose"]
    if works("podman", "info"):
        return ["podman"], ["podman", "compose"]
    raise NoEngine("neither Docker nor podman runs here")


class Engine:
    """`environment`: what the compose file takes from it."""

    def __init__(self, project, environment):
        self.engine, self.composer = find()
        self.project = project
        self.environment = {**os.environ, **environment}

    def run(self, *words, seconds=60):
        """What a command of the engine prints."""
        return self._run([*self.engine, *words], seconds)

    def log(self, name, lines=40):
        """The end of what a container said, which comes on both streams."""
        words = [*self.engine, "logs", "--tail", str(lines), name]
        return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60).stdout

    def begin(self, *words):
        """A command of the engine that takes its time."""
        words = [str(word) for word in (*self.engine, *words)]
        return subprocess.Popen(words, env=self.environment, stdout=subprocess.PIPE, text=True)

    def compose(self, *words, seconds=900):
        return self._run([*self.composer, "-p", self.project, "-f", str(ROOT / "docker-compose.yml"), *words], seconds)

    def _run(self, words, seconds):
        words = [str(word) for word in words]
        done = subprocess.run(
            words, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=seconds)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(words)} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
        return done.stdout

    def containers(self, service, all=False):
        """The running containers of a service, as `inspect` describes them, in the order of their numbers."""
        labels = [f"label=com.docker.compose.project={self.project}", f"label=com.docker.compose.service={service}"]
        ids = self.run("ps", "-aq" if all else "-q", "--filter", labels[0], "--filter", labels[1]).split()
        found = json.loads(self.run("inspect", *ids)) if ids else []
        return sorted(found, key=lambda one: int(one["Config"]["Labels"]["com.docker.compose.container-number"]))

    def rest(self):
        """The helper runs every health check once a second, which a small machine feels. It has seen enough of them."""
        ticker = Path(os.environ.get("CONTAINERS_STATE", "/tmp/containers"), "ticker.pid")
        if self.engine[0] == str(HELPER) and ticker.exists():
            with contextlib.suppress(OSError, ValueError):
                os.kill(int(ticker.read_text()), signal.SIGTERM)
            ticker.unlink()

    def close(self):
        """Removes the project's containers, networks and volumes."""
        self.compose("down", "-v", "-t", "5")
        if self.engine[0] == str(HELPER):
            self._run([str(HELPER), "stop"], 60)

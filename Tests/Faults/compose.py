#!/usr/bin/env python3
"""Plays docker-compose.yml for real, under load through its load balancer, and judges what its users saw.

    compose.py                    builds the image, plays, and writes its part of Docs/Faults.md
    compose.py --no-build         with the image that is there (MARTLET_IMAGE names it)
    compose.py --report FILE      another page; --no-report: none
"""

import argparse
import datetime
import os
import resource
import secrets
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(HERE.parent / "EndToEnd")]

from container_engine import NoEngine, find  # noqa: E402
from faults import Fault  # noqa: E402
from report import COLUMNS, Result, chapter, console, machine, put_containers, text  # noqa: E402
from scene import Failed, Scene  # noqa: E402
from site_compose import ComposeSite  # noqa: E402

SKIPPED = 77
TITLE = "Gateways scaled 3 → 5 → 2, then a gateway, a broker and a coordinator killed"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--no-build", action="store_true")
    parser.add_argument("--report", type=Path, default=ROOT / "Docs" / "Faults.md")
    parser.add_argument("--no-report", action="store_true")
    parser.add_argument("--keep", help="a folder that keeps journals and logs")
    return parser.parse_args()


def open_files():
    """A container cannot have more than this machine gives."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return {"MARTLET_OPEN_FILES": str(hard)} if hard < 110_000 else {}


def play(scene):
    site = scene.site
    scale_out(scene, 5)
    scale_in(scene, 3)
    scale_out(scene, 3)
    kill_gateway(scene, site)
    scale_out(scene, 3)
    kill_broker(scene, site)
    kill_coordinator(scene, site)
    scene.limits.append(("cut off", 0))


def scale_out(scene, count):
    began = time.monotonic()
    with scene.fault():
        scene.site.scale(count)
    scene.balanced(90)
    scene.fact(f"from `up` to even shares of {count} gateways", time.monotonic() - began)
    scene.flowing(90)


def scale_in(scene, by):
    leaving = scene.site.last(by)
    began = time.monotonic()
    with scene.fault(*leaving):
        statuses = scene.site.scale_in(by)
    left = set(leaving) & set(scene.site.gateways())
    if left:
        raise Failed(f"the engine kept {left} and stopped others")
    scene.fact(f"from `up` to the end of {by} gateways that emptied themselves", time.monotonic() - began)
    scene.aim("gateways that did not end with 0", sum(status != "0" for status in statuses.values()), 0)
    scene.balanced(90)
    scene.flowing(90)


def kill_gateway(scene, site):
    victim = scene.victim()
    with scene.fault(victim):
        began = time.monotonic()
        site.kill_gateway(victim)
    scene.balanced(90)
    scene.fact("from `kill` to even shares without the gateway", time.monotonic() - began)
    scene.flowing(90)


def kill_broker(scene, site):
    with scene.fault():
        broker = site.kill("kafka-2")
    scene.fact("answered without a broker after", scene.flowing(120))
    site.start(broker)


def kill_coordinator(scene, site):
    leader = site.leader()
    with scene.fault():
        coordinator = site.kill(leader)
    another = scene.until(lambda: site.leader() not in (leader, None), "another coordinator leads", 60)
    scene.fact("another coordinator leads after", another)
    scene.flowing(90)
    site.start(coordinator)


def strays(timeline):
    """Connections that ended at gateways that nobody had touched by then, in the whole run."""
    return [f"{node}: {reason}" for at, _, node, reason in timeline.closed
            if not any(window.begin <= at and node in window.victims for window in timeline.windows)]


def run(options, folder):
    result = Result(Fault("containers", TITLE, play, frozenset(), False, False, True), True)
    since = time.monotonic()
    site = None
    try:
        site = ComposeSite(
            folder / "site", f"martlet-test-{secrets.token_hex(3)}", build=not options.no_build, environment=open_files())
        up = time.monotonic() - since
        scene = Scene(site, folder / "scene", loaded=True)
        # Ten containers share the machine with their load: what is judged is what people saw, not how fast.
        scene.patience, scene.silent_seconds = 3.0, 20
        scene.fact("up, with the image, after" if not options.no_build else "up after", up)
        scene.fact("image, MB", round(site.image()["Size"] / 1e6))
        watch(scene, result)
    except (Failed, AssertionError, RuntimeError, OSError, TimeoutError) as failure:
        result.failures.append(f"{type(failure).__name__}: {failure}")
        traceback.print_exc()
    finally:
        if site:
            site.close()
    result.seconds = time.monotonic() - since
    return result


def watch(scene, result):
    """Plays on a cluster that is up, and judges it; its logs stay whatever happens."""
    try:
        scene.begin()
        result.failures += scene.site.broken_promises()
        play(scene)
        judge(scene, result)
    finally:
        scene.close()
        scene.site.keep_logs()
        result.facts, result.aims = scene.facts, scene.aims


def judge(scene, result):
    site = scene.site
    result.failures += scene.end()[:20]
    result.measures = scene.measures
    result.failures += [f"cut off: {one}" for one in strays(scene.timeline)][:20]
    result.failures += scene.notes
    site.refresh()
    result.failures += [f"{name} ended by itself" for name in site.restarted()]
    began = time.monotonic()
    result.failures += [f"{name} ended with {status}" for name, status in site.end()]
    scene.fact("all stopped in order after", time.monotonic() - began)
    result.failures += [f"{name}: {value} is above {limit}" for name, value, limit, met in scene.aims if not met]


def section(result, engine):
    measures, now = result.measures, datetime.datetime.now(datetime.UTC)
    lines = [
        "## In containers", "",
        "`make compose-test`: docker-compose.yml with three brokers, Redis, two coordinators and HAProxy, run by",
        f"{engine}; 60 devices of 30 users come through the load balancer. {now:%Y-%m-%d %H:%M} UTC, {machine()}.",
        f"{measures.get('sent', 0)} messages sent, {measures.get('accepted', 0)} accepted; refused for the moment: "
        + (", ".join(f"{count} {code}" for code, count in sorted(measures.get("errors", {}).items())) or "none") + ".", "",
        "| " + " | ".join([*COLUMNS, "cut off"]) + " |", "| --- " * (len(COLUMNS) + 1) + "|",
        "| " + " | ".join(text(measures.get(column)) for column in [*COLUMNS, "cut off"]) + " |", ""]
    return "\n".join([*lines, *(line.replace("## ", "### ", 1) for line in chapter(result))]) + "\n"


def main():
    options = arguments()
    try:
        engine = Path(find()[0][-1]).name
    except NoEngine as reason:
        print(f"not played: {reason}")
        return SKIPPED
    # However it is ended, no container stays.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit("ended by a signal"))
    folder = Path(options.keep or tempfile.mkdtemp(prefix="martlet-compose-"))
    folder.mkdir(parents=True, exist_ok=True)
    result = run(options, folder)
    print(console(result))
    for failure in result.failures:
        print(f"    {failure}")
    if not options.no_report:
        put_containers(options.report, section(result, engine))
    print(f"journals and logs are in {folder}")
    return 1 if result.failures else 0


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    sys.exit(main())

#!/usr/bin/env python3
"""A cluster of processes on this machine, for looking at: Kafka, Redis, two coordinators, gateways.

    cluster.py run                starts it and runs until Ctrl-C (make cluster)
    cluster.py scale N            so many gateways (make cluster-scale N=5)
    cluster.py kill NAME          SIGKILL to one process (make cluster-kill NODE=gateway-2); `start NAME` brings it back
    cluster.py stop               ends it from another shell (make cluster-stop)

State, logs and secrets are in the folder .cluster, which each run begins anew.
"""

import argparse
import os
import pathlib
import shutil
import signal
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "Tests" / "EndToEnd")]

from cluster import BINARY, Gateway, Kafka, Topology, until  # noqa: E402
from door import Closed, Door, Refused, ask, is_open  # noqa: E402

FOLDER = ROOT / ".cluster"
# Other commands ask the running one here. From where this runs: the path of a socket must be short.
DOOR = pathlib.Path(".cluster/door")
MOST = 16  # gateways


def run(options):
    missing = Kafka.missing()
    if missing:
        sys.exit(f"cluster: {missing}")
    if is_open(DOOR):
        sys.exit("cluster: it runs already; `make cluster-stop` ends it")
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    ending = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ending.append(True))
    print("starting Kafka, Redis, two coordinators and gateways…", flush=True)
    topology = Topology(FOLDER, gateways=options.gateways, coordinators=2, brokers=options.brokers)
    # Closed when nothing runs any more: so `stop` knows when it is done.
    with Door(DOOR) as door, topology:
        topology.wait_ready()
        greet(topology)
        serve(door, topology, ending)
        print("stopping", flush=True)


def greet(topology):
    print(f"""The cluster is up; logs and data are in {FOLDER.relative_to(ROOT)}.
  Kafka         {topology.kafka.bootstrap}, topic {topology.name}-log
  Redis         {topology.redis.address}
  secrets       .cluster/token_secret signs tokens, .cluster/admin_token is what admin requests show
  configuration .cluster/martlet.yaml""")
    listing(topology)
    (coordinator, *_) = topology.coordinators.values()
    print(f"""Try
  {os.path.relpath(BINARY)} cluster status --admin {coordinator.admin} \\
    --token-file .cluster/admin_token
  make cluster-scale N=5, make cluster-kill NODE=gateway-2, make cluster-start NODE=gateway-2
Stop with Ctrl-C, or `make cluster-stop` in another shell.""", flush=True)


def listing(topology):
    for name, gateway in sorted(topology.running_gateways.items()):
        print(f"  {name}     {gateway.url}   admin {gateway.admin}", flush=True)
    for name, coordinator in sorted(topology.coordinators.items()):
        if coordinator.is_running:
            print(f"  {name}  admin {coordinator.admin}", flush=True)


def serve(door, topology, ending):
    """Does what other commands ask for, one at a time, until the end."""
    dead = set()
    while not ending:
        tell_deaths(topology, dead)
        door.answer_one(lambda words: perform(topology, words, ending), 0.5)


def tell_deaths(topology, dead):
    """Says once of each process that it ended."""
    for name, process in processes(topology).items():
        if process.process and not process.is_running and name not in dead:
            dead.add(name)
            print(f"{name} {how_ended(process.process.returncode)}; its log: {process.log_file}", flush=True)
        elif process.is_running:
            dead.discard(name)


def how_ended(status):
    return f"was killed by signal {-status}" if status < 0 else f"ended with {status}"


def processes(topology):
    brokers = {f"kafka-{number}": broker for number, broker in topology.kafka.brokers.items()}
    return {**topology.gateways, **topology.coordinators, **brokers, "redis": topology.redis}


def perform(topology, words, ending):
    """What there is to say when it is done; `Refused` and its like, if it is not."""
    match words:
        case ["stop"]:
            ending.append(True)
            return "stopping"
        case ["kill", name]:
            return kill(topology, name)
        case ["start", name]:
            return start(topology, name)
        case ["scale", count]:
            return scale(topology, int(count))
    raise Refused(f"what is {' '.join(words)}?")


def find(topology, name):
    known = processes(topology)
    if name not in known:
        raise Refused(f"no process {name}; there are {', '.join(sorted(known))}")
    return known[name]


def kill(topology, name):
    process = find(topology, name)
    if not process.is_running:
        raise Refused(f"{name} does not run")
    process.kill()
    return f"{name} is killed"


def start(topology, name):
    process = find(topology, name)
    if process.is_running:
        raise Refused(f"{name} runs")
    process.start()
    return f"{name} is started"


def scale(topology, count):
    """Starts the first names that do not run, or drains the last ones."""
    if not 1 <= count <= MOST:
        raise Refused(f"from 1 to {MOST} gateways, not {count}: a gateway should have some of the {topology.slots} slots")
    since = time.monotonic()
    for number in range(1, count + 1):
        name = f"gateway-{number}"
        if name not in topology.running_gateways:
            topology.gateways[name] = Gateway(topology, name)
            topology.gateways[name].start()
    for name in sorted(topology.running_gateways, key=lambda name: int(name.rpartition("-")[2]))[count:]:
        code = topology.gateways.pop(name).stop()
        print(f"{name} drained and ended with {code}", flush=True)
    topology.wait_ready()
    listing(topology)
    return f"{count} gateways, every slot settled, after {time.monotonic() - since:.1f} s"


def tell(words):
    """Passes a command to the cluster that runs."""
    try:
        print(ask(DOOR, words))
    except Closed:
        sys.exit("cluster: none runs here; `make cluster` starts one")
    except Refused as reason:
        sys.exit(f"cluster: {reason}")
    if words == ["stop"]:
        until(lambda: not is_open(DOOR), "the cluster ends", 60)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    start_all = commands.add_parser("run")
    start_all.add_argument("--gateways", type=int, default=3)
    start_all.add_argument("--brokers", type=int, default=1, choices=[1, 3])
    commands.add_parser("scale").add_argument("count", type=int)
    for name in ("kill", "start"):
        commands.add_parser(name).add_argument("name")
    commands.add_parser("stop")
    options = parser.parse_args()
    os.chdir(ROOT)
    if options.command == "run":
        return run(options)
    tell([options.command, *(str(value) for key, value in vars(options).items() if key != "command")])


if __name__ == "__main__":
    main()

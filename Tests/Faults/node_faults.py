"""Gateways and coordinators die, hang and come back."""

import time
from contextlib import closing

from faults import fault
from raw import Session
from tokens import Minter

LEASE_SECONDS = 3


@fault("gateway-kill", "gateways")
def gateway_kill(scene):
    """A gateway is killed (SIGKILL) and started again."""
    victim = scene.victim()
    with scene.fault(victim):
        scene.site.kill_gateway(victim)
    scene.fact("slots elsewhere after", scene.until(scene.site.is_balanced, f"the slots of {victim} elsewhere"))
    scene.flowing()
    scene.site.start_gateway(victim)
    scene.fact("share taken after its start", scene.balanced())
    scene.aims_of_living()
    scene.aims_of_returning()


@fault("gateway-hang", "gateways")
def gateway_hang(scene):
    """A gateway hangs (SIGSTOP) and wakes (SIGCONT)."""
    victim = scene.victim()
    with closing(Witness(scene, victim)) as witness:
        with scene.fault(victim):
            scene.site.pause_gateway(victim, scene.seconds(30, short=8))
        scene.fact("slots elsewhere after", scene.until(scene.site.is_balanced, f"the slots of {victim} elsewhere"))
        scene.flowing()
        scene.stay_since_fault(scene.seconds(30, short=8))
        scene.site.resume_gateway(victim)
        scene.mark("awake")
        scene.aim("given up after it woke", witness.seconds_until_closed(), 2.0)
    scene.fact("share taken after it woke", scene.balanced())
    scene.aims_of_living(pause=LEASE_SECONDS + 2.0)


class Witness:
    """A client on the victim that never gives up: it sees when the gateway does."""

    def __init__(self, scene, name):
        self.session = Session(scene.site.urls()[name])
        user = f"{scene.prefix}-witness"
        self.session.hello(Minter(scene.site.token_secret).token(user), device="witness")

    def seconds_until_closed(self):
        since = time.monotonic()
        self.session.socket.settimeout(15)
        try:
            self.session.closed()
        except (EOFError, OSError):
            pass  # Closed without a word: the end all the same.
        return time.monotonic() - since

    def close(self):
        self.session.close()


@fault("clients-kill", "gateways", alone=False)
def clients_kill(scene):
    """Half of the clients are killed and come back with what they had written down."""
    with scene.fault(*scene.site.gateways()):
        scene.kill_clients()
    scene.flowing()


@fault("coordinator-kill", "coordinators")
def coordinator_kill(scene):
    """The leading coordinator is killed; the other one leads; it is started again."""
    leader = scene.site.leader()
    with scene.fault():
        scene.site.kill_coordinator(leader)
    scene.fact("another leads after", scene.until(lambda: scene.site.leader() not in (leader, None), "another leader"))
    scene.flowing()
    scene.site.start_coordinator(leader)
    scene.aims_of_living()


@fault("coordinators-away", "coordinators")
def coordinators_away(scene):
    """Both coordinators are killed and stay away; people go on and new ones come."""
    names = scene.site.coordinators()
    with scene.fault():
        for name in names:
            scene.site.kill_coordinator(name)
    seconds = scene.seconds(300 if scene.loaded else 30, short=15)
    scene.stay(seconds / 3)
    scene.fact("newcomers connected and answered after", scene.newcomers())
    scene.stay(seconds * 2 / 3)
    scene.flowing()
    for name in names:
        scene.site.start_coordinator(name)
    scene.fact("one leads after their start", scene.until(scene.site.leader, "a leader"))
    scene.fact("away, seconds", seconds)
    scene.aims_of_living()


@fault("serial-restart", "gateways", short=False)
def serial_restart(scene):
    """Every gateway is stopped in order (SIGTERM) and started again, one after the other."""
    for name in scene.site.gateways():
        with scene.fault(name):
            scene.site.stop_gateway(name)
        scene.flowing()
        scene.site.start_gateway(name)
        scene.balanced()
    scene.aims_of_living()
    scene.aims_of_returning()


@fault("scale", "gateways", alone=False)
def scale(scene):
    """Gateways are added under load, and drained or killed again."""
    joins, leaves = [], []
    times = int(scene.seconds(20, short=2))
    for number in range(times):
        name = f"gateway-{number % 3 + 11}"
        with scene.fault():
            began = time.monotonic()
            scene.site.start_gateway(name)
            scene.balanced()
            joins.append(time.monotonic() - began)
        scene.flowing()
        with scene.fault(name):
            began = time.monotonic()
            (scene.site.stop_gateway if number % 2 else scene.site.kill_gateway)(name)
            scene.balanced()
            leaves.append(time.monotonic() - began)
        scene.flowing()
    scene.fact("scale-outs and scale-ins", times)
    scene.aim("share taken after a start, max", max(joins), 3.0)
    scene.fact("slots elsewhere after a drain or kill, max", max(leaves))
    scene.aims_of_living()

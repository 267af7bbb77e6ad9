"""The link between two gateways swallows what goes over it."""

from faults import fault
from link_proxy import INWARD, OUTWARD

# The node with the smaller id dials, so what comes in by the second gateway's port is the link of these two alone.
DIALS, DIALLED = "gateway-1", "gateway-2"


def cut(scene, *ways):
    """Both ends hold their leases; sessions whose home is behind the cut wait, and lose nothing."""
    scene.site.stop_gateway(DIALLED)
    scene.site.start_gateway(DIALLED, proxied=True)
    scene.balanced()
    scene.flowing()
    proxy = scene.site.proxies[DIALLED]
    with scene.fault():
        proxy.cut(*ways)
    seconds = scene.seconds(15, short=6)
    scene.stay(seconds)
    proxy.heal()
    # Who sends across the cut waits for as long as it lasts: the pause is the cut's.
    scene.fact("cut for, seconds", seconds)
    scene.aim("people go on after it healed", scene.flowing(), 5.0)
    scene.limits.append(("cut off", 0))
    with scene.fault(DIALLED):
        scene.site.stop_gateway(DIALLED)
        scene.site.start_gateway(DIALLED)
    scene.balanced()
    scene.flowing()


@fault("link-one-way", "links", short=False)
def link_one_way(scene):
    """The link of two gateways is cut in one direction, then heals."""
    cut(scene, INWARD)


@fault("link-other-way", "links", short=False, alone=False)
def link_other_way(scene):
    """The link of two gateways is cut in the other direction, then heals."""
    cut(scene, OUTWARD)


@fault("link-both-ways", "links")
def link_both_ways(scene):
    """The link of two gateways is cut in both directions, then heals."""
    cut(scene, INWARD, OUTWARD)

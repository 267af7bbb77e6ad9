"""Kafka and Redis die, forget, and come back."""

import time

from faults import fault

ANSWER_SECONDS = 5.0


@fault("broker-kill", "brokers")
def broker_kill(scene):
    """One Kafka broker of three is killed and started again."""
    broker = scene.site.brokers()[2]
    with scene.fault():
        broker.kill()
    scene.flowing(60)
    scene.stay(scene.seconds(10, short=3))
    scene.flowing(60)
    broker.start()
    scene.limits.append(("cut off", 0))
    scene.limits.append(("first word max", ANSWER_SECONDS))


@fault("brokers-away", "brokers")
def brokers_away(scene):
    """All Kafka brokers are killed and stay away: senders are told to try again, and nothing is accepted."""
    seconds = scene.seconds(60, short=15)
    with scene.fault():
        for broker in scene.site.brokers().values():
            broker.kill()
        dead = time.monotonic()
    scene.stay(seconds)
    back = time.monotonic()
    scene.site.start_brokers()
    scene.fact("brokers ready after", time.monotonic() - back)
    scene.fact("people go on after", scene.flowing(120))
    # What was read back before the last broker died may still be on its way to the client.
    scene.later("accepted while all were away", lambda seen: seen.accepted_between(dead + 1, back), 0)
    scene.fact("away, seconds", seconds)
    scene.limits.append(("cut off", 0))
    scene.limits.append(("first word max", ANSWER_SECONDS))


@fault("redis-restart", "redis")
def redis_restart(scene):
    """Redis is killed, stays away and is started again: live messages go on meanwhile."""
    seconds = scene.seconds(15, short=6)
    with scene.fault():
        scene.site.redis.kill()
        dead = time.monotonic()
    scene.stay(seconds)
    scene.fact("people were answered within", scene.flowing())
    back = time.monotonic()
    scene.site.redis.start()
    # The first second may still hold answers that were on their way.
    scene.later("accepted without Redis", lambda seen: seen.accepted_between(dead + 1, back), None)
    scene.fact("slots settled after", scene.balanced())
    scene.fact("away, seconds", seconds)
    scene.aims_of_living()


@fault("redis-emptied", "redis")
def redis_emptied(scene):
    """Redis is emptied (FLUSHALL): mailboxes are built again from the log, with the same seqs."""
    with scene.fault(*scene.site.gateways()):
        scene.site.redis.cli("FLUSHALL")
        began = time.monotonic()
    scene.fact("slots settled after", scene.balanced(60))
    scene.flowing(60)
    scene.fact("people go on after", time.monotonic() - began)


@fault("redis-lost-second", "redis")
def redis_lost_second(scene):
    """Redis dies with its machine and comes back without its last second."""
    scene.site.tail.watch()
    scene.stay(3)
    with scene.fault(*scene.site.gateways()):
        lost = scene.site.tail.lose()
        scene.site.redis.start()
    scene.fact("bytes lost", lost)
    scene.fact("slots settled after", scene.balanced(60))
    scene.flowing(60)


@fault("serial-restart-others", "coordinators", "brokers", "redis", short=False)
def serial_restart_others(scene):
    """Every coordinator, Redis and every broker is stopped in order and started again, one after the other."""
    site = scene.site
    for name in site.coordinators():
        with scene.fault():
            site.stop_coordinator(name)
            site.start_coordinator(name)
        scene.flowing()
    with scene.fault():
        site.redis.stop()
        site.redis.start()
    scene.flowing(60)
    for broker in site.brokers().values():
        with scene.fault():
            broker.stop()
        scene.flowing(60)
        broker.start()
        # As an operator would: two brokers that are behind are one too many.
        scene.until(site.are_brokers_in_sync, "all partitions in sync", 60)
        scene.flowing(60)
    scene.limits.append(("cut off", 0))
    scene.limits.append(("first word max", ANSWER_SECONDS))

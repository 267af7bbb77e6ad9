"""A Redis that lost its last second really has: the test of the fault that is played later."""

import time

import pytest
from cluster import Redis, until
from redis_tail import LOST_SECONDS, RedisTail


@pytest.fixture
def redis(tmp_path):
    redis = Redis(tmp_path / "redis")
    redis.start()
    yield redis
    redis.kill()


def test_what_is_older_stays_and_the_last_second_is_gone(redis):
    tail = RedisTail(redis)
    tail.watch()
    redis.cli("SET", "old", "1")
    written = time.monotonic()
    until(lambda: time.monotonic() > written + LOST_SECONDS + 0.3, "time passes")
    redis.cli("SET", "new", "1")
    assert tail.lose() > 0
    redis.start()
    assert (redis.cli("GET", "old"), redis.cli("GET", "new")) == ("1", "")

"""The admin API as an operator's tools meet it."""

import asyncio
import json
import urllib.error
import urllib.request

import pytest
from foreign import device


def call(cluster, path, method="GET", token=True, body=None):
    """Status and JSON of an answer, whatever it is."""
    text = cluster.info["adminToken"] if token is True else token
    headers = {"Authorization": f"Bearer {text}"} if text else {}
    request = urllib.request.Request(cluster.admin + path, method=method, headers=headers, data=body)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def test_presence_before_while_and_after(shared_cluster):
    cluster = shared_cluster
    path = "/admin/v1/presence/watched"

    async def until(state):
        async with asyncio.timeout(10):
            while True:
                _, report = await asyncio.to_thread(call, cluster, path)
                devices = {device["device"]: device for device in report["devices"]}
                if "laptop" in devices and devices["laptop"]["state"] == state:
                    return devices["laptop"]
                await asyncio.sleep(0.02)  # Pace of asking.

    async def test():
        assert call(cluster, path)[1]["devices"] == []
        async with device(cluster, "watched", "laptop", "node-2") as laptop:
            online = await until("online")
            assert online["edge"] == "node-2" and online["home"] == laptop.welcome["home"]
            assert online["since"] > 0 and online["evidence"]["epoch"] >= 1
            assert 0 <= online["evidence"]["leaseAgeMilliseconds"] <= 3_000
        offline = await until("offline")
        assert offline["lastSeen"] >= online["since"]

    asyncio.run(test())


def test_the_cluster_report(shared_cluster):
    status, report = call(shared_cluster, "/admin/v1/cluster")
    assert status == 200 and report["leader"]
    assert [node["id"] for node in report["nodes"]] == ["node-1", "node-2", "node-3"]
    counts = [node["slots"] for node in report["nodes"]]
    assert sum(counts) == len(report["slots"]) == 256 and max(counts) - min(counts) <= 1
    assert all(slot["owner"] and slot["epoch"] >= 1 for slot in report["slots"])


def test_health_needs_no_token_and_metrics_do(shared_cluster):
    assert call(shared_cluster, "/healthz", token=None)[0] == 200
    assert call(shared_cluster, "/readyz", token=None)[0] == 200
    assert call(shared_cluster, "/metrics", token=None)[0] == 401
    request = urllib.request.Request(
        shared_cluster.admin + "/metrics", headers={"Authorization": f"Bearer {shared_cluster.info['adminToken']}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    samples = [line for line in lines if line and not line.startswith("#")]
    assert samples and all(float(line.rsplit(" ", 1)[1]) >= 0 for line in samples)


@pytest.mark.parametrize("token", [None, "", "wrong", "x" * 2_000])
@pytest.mark.parametrize("path", ["/admin/v1/cluster", "/admin/v1/nothing", "/admin/v1/presence/a"])
def test_without_the_token_nothing_is_told(shared_cluster, token, path):
    status, answer = call(shared_cluster, path, token=token)
    assert status == 401 and answer["error"]["code"] == "unauthenticated"


ERRORS = [
    ("GET", "/admin/v1/nothing", None, 404, "notFound"),
    ("GET", "/", None, 404, "notFound"),
    ("DELETE", "/admin/v1/cluster", None, 405, "methodNotAllowed"),
    ("GET", "/admin/v1/nodes/node-1:drain", None, 405, "methodNotAllowed"),
    ("GET", "/admin/v1/presence/" + "x" * 129, None, 400, "invalid"),
    ("GET", "/admin/v1/presence/a%00b", None, 400, "invalid"),
    ("GET", "/admin/v1/presence/%ff", None, 400, "invalid"),
    ("POST", "/admin/v1/nodes/node-99:drain", b"", 404, "notFound"),
    ("POST", "/admin/v1/nodes/node-99:undrain", b"", 404, "notFound"),
    ("POST", "/admin/v1/nodes/node-99:kill", b"", 404, "notFound"),
    ("POST", "/admin/v1/nodes/node-99:pause?seconds=1", b"", 404, "notFound"),
    ("POST", "/admin/v1/nodes/node-1:pause", b"", 400, "invalid"),
    ("POST", "/admin/v1/nodes/node-1:pause?seconds=-1", b"", 400, "invalid"),
    ("POST", "/admin/v1/nodes/node-1:pause?seconds=1e9", b"", 400, "invalid"),
    ("POST", "/admin/v1/nodes/node-1:explode", b"", 404, "notFound"),
    ("POST", "/admin/v1/nodes", b'{"id":"node-1"}', 409, "conflict"),
    ("POST", "/admin/v1/nodes", b'{"id":7}', 400, "invalid"),
    ("POST", "/admin/v1/nodes", b'{"weight":0}', 400, "invalid"),
    ("POST", "/admin/v1/nodes", b"{", 400, "invalid"),
    ("POST", "/admin/v1/nodes", b'{"id":"' + b"x" * 100_000 + b'"}', 413, "tooLarge"),
]


@pytest.mark.parametrize("method, path, body, status, code", ERRORS)
def test_errors_have_one_shape(shared_cluster, method, path, body, status, code):
    got, answer = call(shared_cluster, path, method, body=body)
    assert (got, answer["error"]["code"]) == (status, code)
    assert set(answer) == {"error"} and answer["error"]["reason"]

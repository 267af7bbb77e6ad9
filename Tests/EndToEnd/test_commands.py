"""`martlet cluster …` and `martlet presence …`, as an operator types them."""

import asyncio
import http.server
import json
import os
import subprocess
import threading

import pytest
from conftest import BINARY, eventually, running
from foreign import device


def martlet(cluster, *words, token=True, **environment):
    """Runs a command against the cluster: status, standard output, standard error."""
    variables = {**os.environ, "MARTLET_ADMIN": cluster.admin, "http_proxy": "http://127.0.0.1:9", **environment}
    variables.pop("MARTLET_ADMIN_TOKEN", None)
    if token:
        variables["MARTLET_ADMIN_TOKEN"] = cluster.info["adminToken"] if token is True else token
    done = subprocess.run([BINARY, *words], env=variables, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def rows(text):
    """The lines of the table in it, as lists of words, under their titles."""
    return [line.split() for line in text.split("\n\n")[-1].splitlines()]


def test_status_fits_a_terminal(shared_cluster):
    status, out, err = martlet(shared_cluster, "cluster", "status")
    assert (status, err) == (0, "")
    assert "256 slots, all settled." in out and "Leader: dev-" in out
    title, *nodes = rows(out)
    assert title[:4] == ["NODE", "STATE", "SLOTS", "CONNECTIONS"]
    assert [node[:2] for node in nodes] == [[f"node-{number}", "up"] for number in (1, 2, 3)]
    assert sum(int(node[2]) for node in nodes) == 256
    assert all(len(line) <= 80 and line == line.rstrip() for line in out.splitlines())


def test_status_and_map_as_json_are_what_the_api_says(shared_cluster):
    for words, path in [(["status"], "/admin/v1/cluster"), (["map"], "/admin/v1/map")]:
        status, out, _ = martlet(shared_cluster, "cluster", *words, "--json")
        assert status == 0 and json.loads(out).keys() == shared_cluster.get(path).keys()


def test_the_map_names_each_slot(shared_cluster):
    status, out, _ = martlet(shared_cluster, "cluster", "map")
    assert status == 0
    title, *slots = rows(out)
    assert title == ["SLOT", "OWNER", "EPOCH", "STATE"]
    assert [int(slot[0]) for slot in slots] == list(range(256))
    assert all(slot[1].startswith("node-") and slot[3] == "settled" for slot in slots)


def test_drain_waits_and_undrain_gives_back(cluster):
    async def test():
        async with device(cluster, "alice", "laptop", "node-2") as laptop:
            status, out, err = await asyncio.to_thread(martlet, cluster, "cluster", "drain", "node-2")
            assert (status, err) == (0, "")
            assert "slots and 1 connection to go" in out
            assert out.endswith("node-2 is empty: it can be stopped.\n")
            assert (await laptop.closed())[0] == 4008

    asyncio.run(test())
    assert cluster.nodes()["node-2"]["slots"] == 0
    assert rows(martlet(cluster, "cluster", "status")[1])[2][:3] == ["node-2", "draining", "0"]
    # Nobody is left to take what node-3 has, once node-1 drains too.
    assert martlet(cluster, "cluster", "drain", "node-1")[0] == 0
    status, out, err = martlet(cluster, "cluster", "drain", "node-3")
    assert status == 1 and "no other node is up" in err and "start one first" in err
    for node in ("node-1", "node-2"):
        status, out, _ = martlet(cluster, "cluster", "undrain", node)
        assert status == 0 and f"{node} takes slots again" in out
    eventually(lambda: {node["slots"] for node in cluster.nodes().values()} == {85, 86}, "slots are shared again")


def test_drain_without_waiting(cluster):
    status, out, _ = martlet(cluster, "cluster", "drain", "node-3", "--no-wait")
    assert status == 0 and "is asked to drain" in out
    eventually(lambda: cluster.nodes()["node-3"]["slots"] == 0, "node-3 is empty")
    status, out, _ = martlet(cluster, "cluster", "drain", "node-3", "--json")
    assert status == 0 and json.loads(out)["id"] == "node-3"


def test_a_drain_that_takes_too_long_says_so(tmp_path):
    """A node that stands still lets nothing go: the others take it after a while, and the command does not wait."""
    with running(tmp_path) as cluster:
        cluster.post("/admin/v1/nodes/node-3:pause?seconds=2.5")
        status, _, err = martlet(cluster, "cluster", "drain", "node-3", "--within", "1s")
        assert status == 75 and "node-3 still has" in err and "goes on draining" in err


def test_a_pinned_slot_moves_and_stays(cluster):
    owner = next(slot["owner"] for slot in cluster.get("/admin/v1/map")["slots"] if slot["slot"] == 7)
    other = "node-1" if owner != "node-1" else "node-2"
    status, out, _ = martlet(cluster, "cluster", "pin", "7", other)
    assert status == 0 and f"Slot 7 is pinned to {other}." in out

    def moved():
        slot = cluster.get("/admin/v1/map")["slots"][7]
        return (slot["owner"], slot["state"], slot["pinnedTo"]) == (other, "settled", other)

    eventually(moved, "the slot is where it was pinned to")
    assert f"pinned to {other}" in martlet(cluster, "cluster", "map")[1]
    status, out, _ = martlet(cluster, "cluster", "unpin", "7")
    assert status == 0 and "Slot 7 is not pinned." in out
    assert cluster.get("/admin/v1/map")["slots"][7]["pinnedTo"] is None


def test_presence_in_words_and_as_json(shared_cluster):
    cluster = shared_cluster

    async def test():
        async with device(cluster, "watcher's friend", "laptop", "node-2") as laptop:
            users = ["watcher's friend", "nobody", "雨燕"]

            def online():
                report = json.loads(martlet(cluster, "presence", *users, "--json")[1])
                return report["users"][0]["state"] == "online" and report

            report = await asyncio.to_thread(eventually, online, "presence is told")
            assert [user["user"] for user in report["users"]] == users
            status, out, err = await asyncio.to_thread(martlet, cluster, "presence", *users)
            assert (status, err) == (0, "")
            lines = out.splitlines()
            assert lines[0].startswith("watcher's friend: online, as of 20")
            assert lines[1].startswith("  laptop  online since 20")
            assert lines[2].startswith(f"    edge node-2, home {laptop.welcome['home']}, epoch ")
            assert lines[3].startswith("nobody: offline, never seen")
            assert all(len(line) <= 80 for line in lines)

    asyncio.run(test())


@pytest.mark.parametrize("words, status, says", [
    (["cluster", "drain"], 64, "takes one node"),
    (["cluster", "drain", "a", "b"], 64, "takes one node"),
    (["cluster", "drain", "a/b"], 64, "not the name of a node"),
    (["cluster", "drain", "node-9"], 1, "`martlet cluster status` lists the nodes"),
    (["cluster", "undrain", "node-9"], 1, "no node node-9"),
    (["cluster", "pin", "x", "node-1"], 64, "number of a slot"),
    (["cluster", "pin", "7"], 64, "takes a slot and a node"),
    (["cluster", "pin", "256", "node-1"], 1, "no slot 256: there are 256"),
    (["cluster", "pin", "7", "node-9"], 1, "no node node-9"),
    (["cluster", "unpin", "70000"], 64, "number of a slot"),
    (["cluster", "stauts"], 64, "status"),
    (["presence"], 64, "Whose presence?"),
    (["presence", "a/b"], 64, "not the id of a user"),
    (["cluster", "status", "--admin", "ftp://127.0.0.1"], 64, "not the address of an admin API"),
    (["cluster", "status", "--admin", "http://"], 64, "not the address of an admin API"),
    (["cluster", "status", "--admin", "http://127.0.0.1:1"], 69, "nothing answers at http://127.0.0.1:1"),
    (["cluster", "status", "--token-file", "/nowhere"], 1, "cannot read the token file"),
])
def test_each_error_says_what_is_wrong(shared_cluster, words, status, says):
    got, out, err = martlet(shared_cluster, *words)
    assert (got, out) == (status, "") and says in err


def test_the_token_comes_from_a_file_or_the_environment(shared_cluster, tmp_path):
    file = tmp_path / "token"
    file.write_text(shared_cluster.info["adminToken"] + "\n")
    words = ["cluster", "status"]
    assert martlet(shared_cluster, *words, "--token-file", str(file), token=None)[0] == 0
    file.write_text("\n" + shared_cluster.info["adminToken"])
    status, out, err = martlet(shared_cluster, *words, "--token-file", str(file), token=None)
    assert (status, out) == (1, "") and "does not begin with a token" in err
    for token, says in [(None, "wants a token"), ("x" * 20, "refuses this token")]:
        status, out, err = martlet(shared_cluster, *words, token=token)
        assert (status, out) == (77, "") and says in err and "--token-file" in err
        assert "x" * 20 not in err
    assert martlet(shared_cluster, *words, token="a\nb")[0] == 64


class Stranger(http.server.BaseHTTPRequestHandler):
    """Something else that speaks HTTP."""

    def do_GET(self):
        kind, self.server.seen = self.server.kind, self.server.seen + [self.path]
        body = {"html": b"<html>", "huge": b" " * (17 << 20)}.get(kind, b"{}")
        self.send_response(302 if kind == "redirect" else 200)
        if kind == "redirect":
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/elsewhere")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if kind == "silent":
            self.server.until.wait(20)
        try:
            self.wfile.write(body)
        except OSError:
            pass

    def log_message(self, *_):
        pass


@pytest.mark.parametrize("kind, status, says", [
    ("html", 1, "not the admin API"), ("redirect", 1, "not the admin API"), ("empty", 1, "not the admin API"),
    ("huge", 1, "not the admin API"), ("silent", 69, "did not answer in time"),
])
def test_strangers_are_not_believed(shared_cluster, kind, status, says):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Stranger) as server:
        server.kind, server.seen, server.until = kind, [], threading.Event()
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            url = f"http://127.0.0.1:{server.server_port}/"
            got, out, err = martlet(shared_cluster, "cluster", "status", "--admin", url, "--timeout", "1s")
        finally:
            server.until.set()
            server.shutdown()
            thread.join()
        assert (got, out) == (status, "") and says in err
        assert server.seen == ["/admin/v1/cluster"], "a redirect is not followed"

"""Chat with client libraries that are not ours, over two nodes, in both encodings."""

import asyncio
import itertools
from contextlib import AsyncExitStack

import pytest
from foreign import CODECS, TRANSPORTS, Closed, device, text_of

WAYS = list(itertools.product(TRANSPORTS, CODECS))
NAMES = itertools.count(1)


def user(name):
    """A user that no other test knows."""
    return f"{name}-{next(NAMES)}"


def run(test):
    async def bounded():
        async with asyncio.timeout(60):
            await test

    asyncio.run(bounded())


@pytest.mark.parametrize("library, encoding", WAYS)
def test_chat_both_ways_over_two_nodes(shared_cluster, library, encoding):
    run(chat(shared_cluster, {"library": library, "encoding": encoding}, {"library": library, "encoding": encoding}))


@pytest.mark.parametrize("one, other", [(("websockets", "json"), ("aiohttp", "proto")),
                                        (("websockets", "proto"), ("aiohttp", "json"))])
def test_chat_between_libraries_and_encodings(shared_cluster, one, other):
    run(chat(shared_cluster, dict(zip(("library", "encoding"), one)), dict(zip(("library", "encoding"), other))))


async def chat(cluster, one, other):
    alice, bob = user("alice"), user("bob")
    async with device(cluster, alice, node="node-1", **one) as a, device(cluster, bob, node="node-2", **other) as b:
        assert (a.welcome["node"], b.welcome["node"]) == ("node-1", "node-2")
        assert a.welcome["user"] == alice and a.welcome["device"] == "phone"
        accepted = await a.send(bob, "good morning — ☀️")
        entry = await b.entry("good morning — ☀️")
        assert entry["from"] == alice and entry["conversation"] == {"user": alice}
        assert entry["id"] == accepted["id"] and entry["time"] == accepted["time"]
        assert entry.get("prev", "0") == "0" and "device" not in entry and "clientSequence" not in entry
        await b.send(alice, "good morning to you")
        reply = await a.entry("good morning to you")
        assert int(reply["prev"]) == int(accepted["seq"]) == int(reply["prevInConversation"])


@pytest.mark.parametrize("encoding", CODECS)
def test_every_device_of_a_user_sees_one_order(shared_cluster, encoding):
    async def test():
        cluster, alice, bob = shared_cluster, user("alice"), user("bob")
        places = [("phone", "node-1"), ("laptop", "node-2"), ("tablet", "node-3")]
        async with (device(cluster, alice, *places[0], encoding=encoding) as phone,
                    device(cluster, alice, *places[1], encoding=encoding) as laptop,
                    device(cluster, alice, *places[2], encoding=encoding) as tablet,
                    device(cluster, bob, encoding=encoding) as b):
            await phone.send(bob, "from the phone")
            copy = await laptop.entry("from the phone")
            assert copy["device"] == "phone" and copy["clientSequence"] == "1" and copy["conversation"] == {"user": bob}
            await laptop.send(bob, "from the laptop")
            await b.entry("from the laptop")
            await b.send(alice, "to all")
            for peer in (phone, laptop, tablet):
                await peer.entry("to all")
            orders = [[(e["seq"], text_of(e)) for e in (await peer.whole_mailbox())[0]] for peer in (phone, laptop, tablet)]
            assert orders[0] == orders[1] == orders[2]
            assert [text for _, text in orders[0]] == ["from the phone", "from the laptop", "to all"]

    run(test())


@pytest.mark.parametrize("library", TRANSPORTS)
@pytest.mark.parametrize("second_node", ["node-1", "node-2"])
def test_the_same_device_twice_closes_the_older_for_good(shared_cluster, library, second_node):
    async def test():
        cluster, alice = shared_cluster, user("alice")
        async with device(cluster, alice, library=library) as older:
            async with device(cluster, alice, node=second_node, library=library) as newer:
                code, _ = await older.closed()
                assert code == 4111, "replaced, and final: 4100 to 4199"
                await newer.send(alice, "a note to myself")
                assert (await newer.answer("pong", ping={}))["time"]

    run(test())


def test_receipts_come_back_to_the_sender(shared_cluster):
    async def test():
        cluster, alice, bob = shared_cluster, user("alice"), user("bob")
        async with device(cluster, alice) as a, device(cluster, bob, node="node-2", encoding="proto") as b:
            accepted = await a.send(bob, "did you get it?")
            seq = int(accepted["seq"])
            entry = await b.entry("did you get it?")
            await b.say(ack={"seq": entry["seq"]})
            await a.next("receipt", lambda r: int(r["conversation"].get("peerReceived", 0)) >= seq)
            state = await b.answer("receipt", read={"conversation": {"user": alice}, "seq": entry["seq"]})
            assert state["conversation"].get("unread", 0) == 0
            receipt = await a.next("receipt", lambda r: int(r["conversation"].get("peerRead", 0)) >= seq)
            assert receipt["conversation"]["peer"] == {"user": bob}
            # It is kept: a device that was not there learns it with its first page.
            async with device(cluster, alice, "laptop", "node-3", syncs=False) as laptop:
                states = (await laptop.sync())["conversations"]
                assert [int(state["peerRead"]) for state in states if state["peer"] == {"user": bob}] == [seq]

    run(test())


@pytest.mark.parametrize("encoding", CODECS)
def test_edits_deletes_and_reactions_are_entries(shared_cluster, encoding):
    async def test():
        cluster, alice, bob = shared_cluster, user("alice"), user("bob")
        async with (device(cluster, alice, encoding=encoding) as a,
                    device(cluster, bob, node="node-2", encoding=encoding) as b):
            accepted = await a.send(bob, "one")
            entry = await b.entry("one")
            own = {"id": accepted["id"], "seq": accepted["seq"]}
            await a.send(bob, "one and a half", type="edit", target=own)
            edit = await b.entry("one and a half")
            assert edit["type"] == "edit"
            assert means(edit, entry)
            await b.send(alice, "❤️", type="reaction", target={"id": entry["id"], "seq": entry["seq"]})
            reaction = await a.entry("❤️")
            assert reaction["type"] == "reaction" and reaction["target"] == own
            await a.send(bob, type="delete", target=own)
            gone = await b.next("messages", lambda m: m["entries"][0].get("type") == "delete")
            assert means(gone["entries"][0], entry)
            # Only who wrote it may edit it; the refusal is final and takes the number.
            refused = await b.answer("rejected", send={
                "clientSequence": "2", "to": {"user": alice}, "type": "edit", "content": {"text": "mine now"},
                "target": {"id": entry["id"], "seq": entry["seq"]}})
            assert refused["code"] == "forbidden" and refused["clientSequence"] == "2"
            again = await b.answer("rejected", send={
                "clientSequence": "2", "to": {"user": alice}, "content": {"text": "another"}})
            assert again["code"] == "forbidden", "the first outcome, for ever"
            await b.send(alice, "then a new one", number=3)
            await a.entry("then a new one")

    run(test())


def means(entry, other):
    """The target is that entry of the same mailbox; its seq there may be unknown to the cluster, but never wrong."""
    return entry["target"]["id"] == other["id"] and entry["target"].get("seq", other["seq"]) == other["seq"]


@pytest.mark.parametrize("encoding", CODECS)
def test_retries_add_nothing_and_get_the_first_answer(shared_cluster, encoding):
    async def test():
        cluster, alice, bob = shared_cluster, user("alice"), user("bob")
        async with device(cluster, alice, encoding=encoding) as a:
            first = await a.send(bob, "once", number=1)
            again = await a.send(bob, "once", number=1)
            assert (again["id"], again["seq"]) == (first["id"], first["seq"])
            beyond = await a.answer("rejected", send={
                "clientSequence": "7", "to": {"user": bob}, "content": {"text": "too early"}})
            assert (beyond["code"], beyond["expected"]) == ("outOfOrder", "2")
        async with device(cluster, alice, node="node-2", encoding=encoding) as a:
            assert a.welcome["lastClientSequence"] == "1"
            again = await a.send(bob, "once", number=1)
            assert (again["id"], again["seq"]) == (first["id"], first["seq"])
            assert [text_of(entry) for entry in (await a.whole_mailbox())[0]] == ["once"]
        async with device(cluster, bob, syncs=False) as b:
            assert [text_of(entry) for entry in (await b.whole_mailbox())[0]] == ["once"]

    run(test())


@pytest.mark.parametrize("encoding", CODECS)
def test_sync_and_history_page_through_a_mailbox(shared_cluster, encoding):
    async def test():
        cluster, alice, bob = shared_cluster, user("alice"), user("bob")
        async with device(cluster, alice, tier="paid", encoding=encoding) as a:
            for number in range(45):
                await a.send(bob, f"line {number}")
        lines = [f"line {number}" for number in range(45)]
        async with device(cluster, bob, node="node-3", encoding=encoding, syncs=False) as b:
            entries, pages = await b.whole_mailbox(limit=10)
            assert [text_of(entry) for entry in entries] == lines and pages >= 5
            chain = [0] + [int(entry["seq"]) for entry in entries]
            assert [int(entry.get("prev", 0)) for entry in entries] == chain[:-1]
            before, seen = 0, []
            while True:
                page = await b.answer("history", history={
                    "conversation": {"user": alice}, "before": str(before), "limit": 20})
                seen += page.get("entries", [])
                if not page.get("more"):
                    break
                before = page["entries"][-1]["seq"]
            assert [text_of(entry) for entry in seen] == lines[::-1]
            listed = await b.answer("conversations", conversations={})
            assert [(c["peer"], c["unread"]) for c in listed["conversations"]] == [({"user": alice}, 45)]
        # A device resumes where it was: the first page begins behind its cursor.
        middle = entries[29]["seq"]
        async with device(cluster, bob, node="node-1", encoding=encoding, syncs=False, cursor=middle,
                          generation=b.welcome["generation"]) as b:
            assert b.welcome["cursor"] == middle and not b.welcome.get("resync")
            assert [text_of(entry) for entry in (await b.sync(middle))["entries"]] == lines[30:]

    run(test())


@pytest.mark.parametrize("encoding", CODECS)
def test_presence_and_signals(shared_cluster, encoding):
    async def test():
        cluster, alice, bob, nobody = shared_cluster, user("alice"), user("bob"), user("nobody")
        async with (device(cluster, alice, encoding=encoding) as a,
                    device(cluster, bob, "laptop", "node-2", encoding=encoding) as b):
            asked = await until(lambda: presence(a, bob, nobody), lambda states: states[bob].get("state") == "online")
            there = asked[bob]["devices"][0]
            assert (there["device"], there["edge"]) == ("laptop", "node-2")
            assert int(there["epoch"]) >= 1 and int(there.get("leaseAgeMilliseconds", 0)) < 3_000
            assert asked[nobody].get("state", "offline") == "offline" and int(asked[bob]["asOf"]) > 0
            await a.say(signal={"to": {"user": bob}, "type": "typing", "content": {"text": "…"}})
            signal = await b.next("signal")
            assert (signal["from"], signal["type"], signal["content"]["text"]) == (alice, "typing", "…")
            await b.transport.close()
            gone = await until(lambda: presence(a, bob), lambda states: states[bob].get("state", "offline") == "offline")
            assert int(gone[bob]["lastSeen"]) > 0
            name, error = await a.ask(presence={"subscribe": [bob]})
            assert (name, error["code"]) == ("error", "invalid"), "not yet, and it says so"

    run(test())


async def presence(peer, *users):
    answer = await peer.answer("presence", presence={"query": list(users)})
    return {state["user"]: state for state in answer["users"]}


async def until(ask, holds, seconds=10):
    async with asyncio.timeout(seconds):
        while True:
            value = await ask()
            if holds(value):
                return value
            await asyncio.sleep(0.02)  # Pace of asking.


def test_who_sends_too_much_is_told_when_to_go_on(shared_cluster):
    async def test():
        cluster, alice, bob = shared_cluster, user("alice"), user("bob")
        async with device(cluster, alice) as a:
            for number in range(1, 41):
                await a.say(send={"clientSequence": str(number), "to": {"user": bob}, "content": {"text": f"{number}"}})
            accepted, limited = set(), {}
            while len(accepted) + len(limited) < 40:
                envelope = await next_envelope(a)
                if "accepted" in envelope:
                    accepted.add(int(envelope["accepted"]["clientSequence"]))
                elif "rejected" in envelope:
                    limited[int(envelope["rejected"]["clientSequence"])] = envelope["rejected"]
            assert 20 <= len(accepted) < 30, "a burst of 20, and then 10 a second"
            first = min(limited)
            assert limited[first]["code"] == "rateLimited" and int(limited[first]["retryAfterMilliseconds"]) > 0
            assert {value["code"] for value in limited.values()} <= {"rateLimited", "outOfOrder"}
            assert accepted == set(range(1, first)), "nothing behind a refused number was taken"
            await until(lambda: a.ask(send={"clientSequence": str(first), "to": {"user": bob}, "content": {"text": "x"}}),
                        lambda answer: answer[0] == "accepted")

    run(test())


async def next_envelope(peer):
    async with asyncio.timeout(10):
        return peer.codec.decode(await peer.transport.receive())


def test_who_does_not_acknowledge_falls_behind_and_catches_up(shared_cluster):
    async def test():
        cluster, alice, bob = shared_cluster, user("alice"), user("bob")
        async with device(cluster, bob, node="node-2") as b, device(cluster, alice, tier="paid") as a:
            for number in range(150):
                await a.send(bob, f"{number}")
            behind = await b.next("behind")
            pushed = [text_of(e) for envelope in b.waiting if "messages" in envelope
                      for e in envelope["messages"]["entries"]]
            assert pushed == [f"{number}" for number in range(len(pushed))] and 0 < len(pushed) <= 64
            assert int(behind["head"]) > 0
            b.waiting.clear()
            entries, _ = await b.whole_mailbox()
            assert [text_of(entry) for entry in entries] == [f"{number}" for number in range(150)]
            await b.say(ack={"seq": entries[-1]["seq"]})
            await a.send(bob, "live again")
            await b.entry("live again")

    run(test())


def test_who_does_not_read_is_not_buffered_for(shared_cluster):
    """Its socket is full and stays full; others go on, and it catches up when it reads again."""
    async def test():
        cluster, alice, bob, carol = shared_cluster, user("alice"), user("bob"), user("carol")
        big = "x" * 30_000
        async with (device(cluster, bob, node="node-2") as b, device(cluster, alice, tier="paid") as a,
                    device(cluster, carol, node="node-2") as c):
            for number in range(120):
                await a.send(bob, f"{number} {big}")
            await a.send(carol, "hello")
            await c.entry("hello")
            await b.next("behind")
            entries, pages = await b.whole_mailbox()
            assert [text_of(entry).split()[0] for entry in entries] == [f"{number}" for number in range(120)]
            assert pages > 10, "a page has at most 256 KiB"

    run(test())


def test_a_session_more_than_allowed_is_refused_by_name(shared_cluster):
    async def test():
        cluster, alice = shared_cluster, user("alice")
        token = cluster.token(alice)
        codec = CODECS["json"]()
        async with AsyncExitStack() as stack:
            for number in range(16):
                await stack.enter_async_context(device(cluster, alice, f"device-{number}", "node-1", syncs=False))
            transport = await stack.enter_async_context(TRANSPORTS["websockets"].open(
                cluster.gateways["node-2"], codec.subprotocol))
            await transport.send(codec.encode({"hello": {"token": token, "device": "one-too-many"}}))
            with pytest.raises(Closed) as closed:
                async with asyncio.timeout(10):
                    await transport.receive()
            assert closed.value.code == 4110, "conflict, and final"

    run(test())


def test_a_bearer_token_in_the_header_will_do(shared_cluster):
    async def test():
        cluster, alice = shared_cluster, user("alice")
        codec = CODECS["json"]()
        headers = {"Authorization": f"Bearer {cluster.token(alice)}"}
        for library in TRANSPORTS.values():
            async with library.open(cluster.gateways["node-1"], codec.subprotocol, headers) as transport:
                await transport.send(codec.encode({"hello": {"device": "phone"}}))
                async with asyncio.timeout(10):
                    assert codec.decode(await transport.receive())["welcome"]["user"] == alice

    run(test())

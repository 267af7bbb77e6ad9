"""A stand-in for `martlet dev`: serves the page and speaks as much of martlet.v1.json as the page needs.

One process, everything in memory, no slots and no log: it is for looking at the page, and for tests of the page alone.
Run it: python server.py [port]; then open the address that it prints.
"""

import json
import pathlib
import sys
import time

from aiohttp import WSMsgType, web

ROOT = pathlib.Path(__file__).resolve().parent.parent
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' ws://127.0.0.1:*"
NODES = ["node-1", "node-2", "node-3"]


def now():
    return int(time.time() * 1000)


def key_of(peer):
    return f"user:{peer['user']}" if "user" in peer else f"group:{peer['group']}"


class Mailbox:
    """One user's entries, conversations and connected devices."""

    def __init__(self, user):
        self.user = user
        self.entries = []
        self.states = {}
        self.numbers = {}
        self.devices = {}
        self.last_seen = 0
        self.head = 0

    def state(self, peer):
        fresh = {"peer": peer, "lastSeq": 0, "unread": 0, "readUpTo": 0, "peerReceived": 0, "peerRead": 0, "changedAt": 0}
        return self.states.setdefault(key_of(peer), fresh)

    def append(self, seq, peer, fields, source=0):
        state = self.state(peer)
        entry = {"seq": str(seq), "prev": str(self.head), "prevInConversation": str(state["lastSeq"]),
                 "conversation": peer, **fields}
        self.entries.append((seq, key_of(peer), source, entry))
        self.head = seq
        state.update(lastSeq=seq, changedAt=seq)
        if fields["from"] != self.user and fields["type"] == "message":
            state["unread"] += 1
        return entry

    def home(self):
        return NODES[sum(self.user.encode()) % len(NODES)]


def wire(state):
    return {k: str(v) if isinstance(v, int) and k != "unread" else v for k, v in state.items()}


class Cluster:
    def __init__(self):
        self.offset = 0
        self.mailboxes = {}

    def mailbox(self, user):
        return self.mailboxes.setdefault(user, Mailbox(user))

    def next_offset(self):
        self.offset += 1
        return self.offset

    async def send(self, session, ref, frame):
        box, number = session.box, int(frame["clientSequence"])
        last = box.numbers.get(session.device, 0)
        if number != last + 1:
            if number > last:
                await session.say("rejected", {"clientSequence": str(number), "code": "outOfOrder", "expected": str(last + 1)}, ref)
            return
        box.numbers[session.device] = number
        seq, time_ = self.next_offset(), now()
        fields = {"id": str(seq * 4096), "from": box.user, "type": frame.get("type", "message"), "time": str(time_)}
        fields |= {k: frame[k] for k in ("content", "target", "headers") if k in frame}
        own = {"device": session.device, "clientSequence": str(number)}
        entry = box.append(seq, frame["to"], fields | own)
        await session.say("accepted", {"clientSequence": str(number), "id": fields["id"], "seq": str(seq),
                                       "prev": entry["prev"], "time": str(time_)}, ref)
        for other in box.devices.values():
            if other is not session:
                await other.say("messages", {"entries": [entry]})
        if frame["to"].get("user") not in (None, box.user):
            await self.deliver(frame["to"]["user"], box.user, fields, seq)

    async def deliver(self, user, sender, fields, source):
        box = self.mailbox(user)
        entry = box.append(self.next_offset(), {"user": sender}, fields, source)
        for session in list(box.devices.values()):
            await session.say("messages", {"entries": [entry]})

    async def receipt(self, box, upto, field, peer=None):
        """Tells the senders of what `box` got up to `upto` that it was received or read."""
        reached = {}
        for seq, key, source, entry in box.entries:
            if seq <= upto and source and (peer is None or key == key_of(peer)):
                reached[entry["from"]] = source
        for sender, source in reached.items():
            sender_box = self.mailbox(sender)
            state = sender_box.state({"user": box.user})
            if state[field] < source:
                state[field] = source
                state["changedAt"] = self.next_offset()
                for session in sender_box.devices.values():
                    await session.say("receipt", {"conversation": wire(state)})


class Session:
    def __init__(self, cluster, node, socket):
        self.cluster, self.node, self.socket = cluster, node, socket
        self.box = self.device = None
        self.since = now()

    async def say(self, kind, frame, ref=None):
        if not self.socket.closed:
            await self.socket.send_str(json.dumps({**({"ref": ref} if ref else {}), kind: frame}))

    async def handle(self, envelope):
        ref = envelope.pop("ref", None)
        (kind, frame), = envelope.items()
        if kind == "hello":
            return await self.hello(frame)
        await getattr(self, f"on_{kind}")(frame, ref)

    async def hello(self, frame):
        self.box, self.device = self.cluster.mailbox(frame["token"].removeprefix("token-of-")), frame["device"]
        old = self.box.devices.get(self.device)
        self.box.devices[self.device] = self
        if old:
            await old.socket.close(code=4111, message=b"connected again")
        await self.say("welcome", {
            "user": self.box.user, "device": self.device, "session": "1", "node": self.node, "home": self.box.home(),
            "generation": "77", "cursor": frame["cursor"], "head": str(self.box.head),
            "lastClientSequence": str(self.box.numbers.get(self.device, 0)), "heartbeatMilliseconds": "30000"})

    async def on_send(self, frame, ref):
        await self.cluster.send(self, ref, frame)

    async def on_sync(self, frame, ref):
        after = int(frame["after"])
        entries = [entry for seq, _, _, entry in self.box.entries if seq > after]
        changed = [wire(s) for s in self.box.states.values() if s["changedAt"] > after]
        await self.say("synced", {"entries": entries, "conversations": changed, "upTo": str(max(after, self.box.head)), "live": True}, ref)

    async def on_ack(self, frame, ref):
        await self.cluster.receipt(self.box, int(frame["seq"]), "peerReceived")

    async def on_read(self, frame, ref):
        state, seq = self.box.state(frame["conversation"]), int(frame["seq"])
        if state["readUpTo"] < seq:
            unread = sum(1 for s, key, source, e in self.box.entries
                         if s > seq and source and key == key_of(frame["conversation"]) and e["type"] == "message")
            state.update(readUpTo=seq, unread=unread, changedAt=self.cluster.next_offset())
        for session in self.box.devices.values():
            await session.say("receipt", {"conversation": wire(state)}, ref if session is self else None)
        await self.cluster.receipt(self.box, seq, "peerRead", frame["conversation"])

    async def on_conversations(self, frame, ref):
        before, limit = int(frame["before"]) or 1 << 62, frame["limit"]
        states = sorted((s for s in self.box.states.values() if s["lastSeq"] and s["lastSeq"] < before), key=lambda s: -s["lastSeq"])
        await self.say("conversations", {"conversations": [wire(s) for s in states[:limit]], "more": len(states) > limit}, ref)

    async def on_history(self, frame, ref):
        before, limit = int(frame["before"]) or 1 << 62, frame["limit"]
        found = [e for seq, key, _, e in reversed(self.box.entries) if seq < before and key == key_of(frame["conversation"])]
        await self.say("history", {"conversation": frame["conversation"], "entries": found[:limit], "more": len(found) > limit}, ref)

    async def on_presence(self, frame, ref):
        await self.say("presence", {"users": [self.presence_of(user) for user in frame["query"]]}, ref)

    def presence_of(self, user):
        box = self.cluster.mailbox(user)
        devices = [{"device": d, "state": "online", "edge": s.node, "home": box.home(), "epoch": "3",
                    "leaseAgeMilliseconds": "412", "since": str(s.since)} for d, s in box.devices.items()]
        return {"user": user, "state": "online" if devices else "offline", "lastSeen": str(box.last_seen), "asOf": str(now()), "devices": devices}

    async def on_signal(self, frame, ref):
        for session in self.cluster.mailbox(frame["to"]["user"]).devices.values():
            await session.say("signal", {"from": self.box.user, "type": frame["type"]})

    async def on_ping(self, frame, ref):
        await self.say("pong", {"time": str(now())}, ref)

    def gone(self):
        if self.box and self.box.devices.get(self.device) is self:
            del self.box.devices[self.device]
            self.box.last_seen = now()


def make_app():
    cluster = Cluster()
    sockets = {}

    async def websocket(request):
        socket = web.WebSocketResponse(protocols=["martlet.v1.json"])
        await socket.prepare(request)
        node = request.match_info["node"]
        session = Session(cluster, node, socket)
        sockets.setdefault(node, set()).add(session)
        async for message in socket:
            if message.type == WSMsgType.TEXT:
                await session.handle(json.loads(message.data))
        sockets[node].discard(session)
        session.gone()
        return socket

    async def config(request):
        host = request.host
        return web.json_response({"gateways": [{"node": n, "url": f"ws://{host}/{n}/v1/ws"} for n in NODES]})

    async def token(request):
        return web.json_response({"token": f"token-of-{(await request.json())['user']}"})

    async def drop(request):
        """Ends all connections of a node, as its death would."""
        for session in list(sockets.get(request.match_info["node"], ())):
            session.socket._req.transport.abort()
        return web.Response(text="dropped\n")

    async def page(request):
        name = request.match_info["name"] or "index.html"
        base = ROOT.parent if name.startswith("js/") else ROOT
        path = (base / name).resolve()
        if not path.is_file() or base not in path.parents:
            raise web.HTTPNotFound()
        return web.FileResponse(path, headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-store"})

    app = web.Application()
    app.add_routes([
        web.get("/dev/config.json", config), web.post("/dev/token", token), web.post("/test/drop/{node}", drop),
        web.get("/{node:node-\\d}/v1/ws", websocket), web.get("/{name:.*}", page)])
    app["cluster"] = cluster
    return app


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8090
    print(f"http://127.0.0.1:{port}/", flush=True)
    web.run_app(make_app(), host="127.0.0.1", port=port, print=None)

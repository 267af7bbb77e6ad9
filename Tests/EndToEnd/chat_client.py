"""A device that follows the rules of Docs/Client.md and writes down in a `History` what it does and sees.

It speaks the JSON sub-protocol over the `websockets` package, and outlives connections, nodes and whole clusters.
"""

import asyncio
import json
import random
import time
from collections import OrderedDict

from history import Entry, name_of
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, WebSocketException

SUBPROTOCOL = "martlet.v1.json"
WINDOW = 64
TEMPORARY = {"rateLimited", "outOfOrder", "busy", "unavailable", "internal"}
# Longer than any pause that a living cluster may have: a device that waits so long was forgotten.
STALL_SECONDS = 20
BACKOFF_SECONDS = (0.02, 0.5)
ACK_SECONDS = 0.05


class Connection:
    """One WebSocket: frames out in order by a task of their own, so that reading never waits for writing."""

    def __init__(self, socket):
        self.socket = socket
        self.queue = asyncio.Queue()
        self.last_heard = time.monotonic()

    def say(self, **envelope):
        self.queue.put_nowait(json.dumps(envelope, separators=(",", ":")))

    async def write(self):
        while True:
            await self.socket.send(await self.queue.get())


class Client:
    """One device of one user. `url` is asked before each connection, with the number of failures before it."""

    open_seconds = 5

    def __init__(self, history, user, device, url, token, window=WINDOW):
        self.history, self.user, self.device = history, user, device
        self.url, self.token, self.window = url, token, window
        self.generation = self.cursor = self.start = 0
        self.next = 1
        self.outbox = OrderedDict()  # number -> recipient, ascending, until it is answered
        self.highest_answered = 0
        self.out = set()  # numbers that are on their way on this connection
        self.connection = None
        self.welcomed = self.live = False
        self.syncing = False
        self.sync_again = False
        self.retry = None  # a timer, after a temporary rejection
        self.acking = None
        self.node = None
        self.closed = []  # (monotonic time, node, close code, reason)
        self.on_answer = lambda number: None
        self.on_change = asyncio.Event()
        self.go_to = None  # where a draining gateway sends this device
        self.task = None
        self.stopping = False

    # What the application does.

    def open(self):
        self.task = asyncio.create_task(self._run())

    async def close(self):
        self.stopping = True
        if self.connection:
            await self.connection.socket.close()
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        self.history.cursors[self.user, self.device] = (self.start, self.cursor)

    def send(self, to):
        """Gives the next number to a message; it goes out when it may."""
        number, self.next = self.next, self.next + 1
        self.history.send(self.user, self.device, number, to)
        self.outbox[number] = to
        self._pump()
        return number

    @property
    def settled(self):
        return not self.outbox and self.live and not self.syncing

    async def until(self, condition, what, seconds):
        """Waits until something changed so that `condition` holds."""
        end = time.monotonic() + seconds
        while not condition():
            left = end - time.monotonic()
            assert left > 0, f"{self.user}/{self.device} on {self.node}: after {seconds} s not {what}; {self.state()}"
            self.on_change.clear()
            try:
                await asyncio.wait_for(self.on_change.wait(), min(left, 1))
            except TimeoutError:
                pass
            if self.task.done() and not self.stopping:
                self.task.result()

    def state(self):
        lowest = next(iter(self.outbox), None)
        return (f"connected={self.connection is not None} live={self.live} syncing={self.syncing} "
                f"cursor={self.cursor} open={len(self.outbox)} lowest={lowest} out={len(self.out)} "
                f"retry={self.retry is not None} last closed={self.closed[-1:]}")

    # Connections.

    async def _run(self):
        failures = 0
        while not self.stopping:
            try:
                url, self.go_to = self.go_to or self.url(failures), None
                self.history.counts["connections tried"] += 1
                async with connect(url, subprotocols=[SUBPROTOCOL], open_timeout=self.open_seconds, close_timeout=0.5,
                                   ping_interval=None, compression=None, proxy=None) as socket:
                    self.connection = Connection(socket)
                    await self._talk()
                    failures = 0
            except (OSError, TimeoutError, WebSocketException):
                failures += 1
                self.history.counts["connections failed"] += 1
            finally:
                self._disconnected()
            if not self.stopping:
                bound = min(BACKOFF_SECONDS[1], BACKOFF_SECONDS[0] * 2 ** min(failures, 10))
                await asyncio.sleep(random.uniform(bound / 2, bound))  # The back-off that clients owe.

    async def _talk(self):
        connection = self.connection
        connection.say(ref="1", hello={"token": self.token(), "device": self.device,
                                       "generation": str(self.generation), "cursor": str(self.cursor)})
        helpers = [asyncio.create_task(connection.write()), asyncio.create_task(self._watch(connection))]
        try:
            async for text in connection.socket:
                connection.last_heard = time.monotonic()
                self._take(json.loads(text))
                self.on_change.set()
        except ConnectionClosed:
            pass
        finally:
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)
        code, reason = connection.socket.close_code, connection.socket.close_reason
        if not self.stopping:
            self.closed.append((time.monotonic(), self.node, code, reason))
            if code is not None and 4100 <= code < 4200:
                self.history.note(self.user, self.device, f"refused for good: {code} {reason}")
                self.stopping = True

    async def _watch(self, connection):
        """Something that is owed and does not come is a stall: noted, and tried again on another connection."""
        progress, since = None, time.monotonic()
        while True:
            await asyncio.sleep(0.5)  # Pace of looking.
            owed = bool(self.outbox) or self.syncing or not self.live
            state = (self.cursor, next(iter(self.outbox), 0), self.live, self.syncing)
            if state != progress or not owed:
                progress, since = state, time.monotonic()
            if time.monotonic() - since > STALL_SECONDS:
                self.history.note(self.user, self.device, f"stalled for {STALL_SECONDS} s on {self.node}: {self.state()}")
                await connection.socket.close()
                return

    def _disconnected(self):
        self.connection = None
        self.welcomed = self.live = self.syncing = self.sync_again = False
        self.out.clear()
        for timer in (self.retry, self.acking):
            if timer:
                timer.cancel()
        self.retry = self.acking = None
        self.on_change.set()

    # Frames in.

    def _take(self, envelope):
        for name, frame in envelope.items():
            handler = getattr(self, f"_take_{name}", None)
            if handler:
                handler(frame)
        if "error" in envelope:
            self._take_failure(envelope.get("ref"), envelope["error"])

    def _take_welcome(self, welcome):
        self.node, self.welcomed = welcome["node"], True
        generation = int(welcome.get("generation", 0))
        if welcome.get("resync") or (self.generation and generation != self.generation):
            self.history.note(self.user, self.device, f"resync: {self.generation} -> {welcome}")
        if not self.generation:
            self.start = self.cursor = int(welcome.get("cursor", 0))
        self.generation = generation
        self._settle(int(welcome.get("lastClientSequence", 0)),
                     {int(number) for number in welcome.get("rejectedClientSequences", [])})
        self._sync()
        self._pump()

    def _settle(self, last, rejected):
        if last >= self.next or last < self.highest_answered:
            self.history.note(
                self.user, self.device,
                f"welcome says {last}; answered up to {self.highest_answered}, given out below {self.next}")
        for number in [number for number in self.outbox if number <= last]:
            self.history.settle(self.user, self.device, number, number in rejected)
            self._answered(number)

    def _take_accepted(self, accepted):
        number, seq = int(accepted["clientSequence"]), int(accepted["seq"])
        prev = int(accepted["prev"]) if "prev" in accepted else None
        self.history.accept(self.user, self.device, number, int(accepted["id"]), seq, prev)
        to = self.outbox.get(number)
        self._answered(number)
        if seq > self.cursor:
            if prev is None or prev > self.cursor or to is None:
                self._sync()
            else:
                self._show(seq, name_of(self.user, self.device, number, to))
        self._pump()

    def _take_rejected(self, rejected):
        number, code = int(rejected["clientSequence"]), rejected["code"]
        self.history.counts[f"rejected {code}"] += 1
        if code not in TEMPORARY:
            self.history.reject(self.user, self.device, number, code)
            self._answered(number)
            self._pump()
        elif number in self.outbox and self.retry is None:
            wait = int(rejected.get("retryAfterMilliseconds", 0)) / 1000 or random.uniform(0.02, 0.1)
            self.retry = asyncio.get_running_loop().call_later(wait, self._go_back)

    def _take_messages(self, messages):
        for value in messages.get("entries", []):
            entry = Entry.of(value)
            self.history.receive(self.user, entry)
            if entry.seq <= self.cursor:
                self.history.counts["duplicates on the wire"] += 1
            elif entry.prev is None or entry.prev > self.cursor:
                self.history.counts["gaps"] += 1
                self._sync()
                break
            else:
                self._show(entry.seq, entry.text)

    def _take_behind(self, _):
        self.history.counts["behind"] += 1
        self.live = False
        self._sync()

    def _take_synced(self, synced):
        if int(synced.get("floor", 0)) > self.cursor:
            self.history.note(self.user, self.device, f"retention: floor {synced['floor']}, cursor {self.cursor}")
        for value in synced.get("entries", []):
            entry = Entry.of(value)
            self.history.receive(self.user, entry)
            if entry.seq <= self.cursor:
                continue
            if entry.prev is None or entry.prev > self.cursor:
                self.history.note(self.user, self.device, f"hole in a page: cursor {self.cursor}, then {entry}")
            self._show(entry.seq, entry.text)
        self.cursor = max(self.cursor, int(synced.get("upTo", 0)))
        self.live = synced.get("live", False)
        self.syncing = False
        if self.sync_again or not self.live:
            self._sync()

    def _take_reconnect(self, reconnect):
        if reconnect.get("address"):
            self.go_to = f"ws://{reconnect['address']}/v1/ws"

    def _take_failure(self, ref, error):
        self.history.counts[f"error {error['code']}"] += 1
        if error["code"] not in TEMPORARY:
            self.history.note(self.user, self.device, f"error for ref {ref}: {error}")
        elif str(ref) == "2":
            asyncio.get_running_loop().call_later(0.1, self._sync, True)
        else:
            self._go_back_later()

    # Frames out.

    def _sync(self, anew=False):
        if not self.connection:
            return
        if self.syncing and not anew:
            self.sync_again = True
            return
        self.syncing, self.sync_again = True, False
        self.connection.say(ref="2", sync={"after": str(self.cursor), "limit": 100})

    def _pump(self):
        """Whatever may go out: below the lowest unanswered + the window, in order."""
        if not self.welcomed or self.retry:
            return
        lowest = next(iter(self.outbox), None)
        for number, to in self.outbox.items():
            if number >= lowest + self.window:
                break
            if number not in self.out:
                self.out.add(number)
                content = {"text": name_of(self.user, self.device, number, to)}
                self.connection.say(ref=str(number + 10), send={
                    "clientSequence": str(number), "to": {"user": to}, "type": "message", "content": content})

    def _go_back(self):
        self.retry = None
        self.out.clear()
        self._pump()

    def _go_back_later(self):
        if self.retry is None:
            self.retry = asyncio.get_running_loop().call_later(0.1, self._go_back)

    def _answered(self, number):
        self.highest_answered = max(self.highest_answered, number)
        self.out.discard(number)
        if self.outbox.pop(number, None) is not None:
            self.on_answer(number)

    def _show(self, seq, text):
        self.history.show(self.user, self.device, seq, text)
        self.cursor = seq
        if not self.acking:
            self.acking = asyncio.get_running_loop().call_later(ACK_SECONDS, self._ack)

    def _ack(self):
        self.acking = None
        if self.connection:
            self.connection.say(ack={"seq": str(self.cursor)})


async def read_mailbox(user, url, token):
    """A mailbox from its beginning to its head, by a device that was never there: how it is kept, not how it was pushed."""
    async with connect(url, subprotocols=[SUBPROTOCOL], max_size=None, compression=None, proxy=None) as socket:
        await socket.send(json.dumps({"ref": "1", "hello": {"token": token, "device": "auditor"}}))
        welcome = json.loads(await socket.recv())["welcome"]
        assert welcome["user"] == user
        entries, after = [], 0
        while True:
            await socket.send(json.dumps({"ref": "2", "sync": {"after": str(after), "limit": 100}}))
            synced = await answer(socket, "synced")
            assert int(synced.get("floor", 0)) <= after, f"{user}: retention took part of the mailbox: {synced['floor']}"
            entries += [Entry.of(entry) for entry in synced.get("entries", [])]
            after = int(synced.get("upTo", 0))
            if synced.get("live"):
                return entries


async def finish(history, clients, cluster, seconds=30, readers=()):
    """When everything has arrived, or the time is over: closes the clients and reads every user's mailbox, and those of
    `readers`, who had no client."""
    end = time.monotonic() + seconds
    while history.undelivered() and time.monotonic() < end:
        await asyncio.sleep(0.1)  # Pace of asking.
    for client in clients:
        await client.close()
    urls = list(cluster.gateways.values())
    for number, user in enumerate(sorted({client.user for client in clients} | set(readers))):
        history.keep(user, await read_mailbox(user, urls[number % len(urls)], cluster.token(user)))


async def answer(socket, name, seconds=10):
    """The next frame of this name; others before it are passed over."""
    async with asyncio.timeout(seconds):
        while True:
            envelope = json.loads(await socket.recv())
            assert "error" not in envelope or name == "error", envelope
            if name in envelope:
                return envelope[name]

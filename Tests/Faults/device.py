"""A device under faults: it follows the rules of Docs/Client.md, gives up on a connection that says nothing, and tells
the oracle of each of its connections."""

import asyncio
import time

from chat_client import TEMPORARY, Client

# A client in the field waits longer; what is measured here should be the cluster's time.
PING_SECONDS = 1.5
SILENT_SECONDS = 4


class Device(Client):
    """`addresses` is asked before each connection; where one failed or fell silent, the next one is tried."""

    open_seconds = silent_seconds = SILENT_SECONDS

    def __init__(self, journal, user, name, home, addresses, token, window):
        super().__init__(journal, user, name, self._next_address, token, window)
        self.place, self.addresses = home, addresses
        self.count = 0  # of answers
        self.on_answer = self._count
        self.is_loaded = lambda: False
        self.target = lambda: None
        self.pace = 0.1

    # What the load does.

    def keep_sending(self):
        """One message on its way, always; the next one when it is answered, and not before its time."""
        if self.is_loaded() and not self.outbox:
            self.sent_at = time.monotonic()
            self.send(self.target())

    def _count(self, _):
        self.count += 1
        if self.is_loaded():
            wait = max(0, self.pace - (time.monotonic() - self.sent_at))
            asyncio.get_running_loop().call_later(wait, self.keep_sending)

    # Connections.

    def _next_address(self, failures):
        if failures:
            self.place += 1
        addresses = self.addresses()
        return addresses[self.place % len(addresses)]

    async def _watch(self, connection):
        asked = False
        while True:
            await asyncio.sleep(0.25)  # Pace of looking.
            silence = time.monotonic() - connection.last_heard
            if silence > self.silent_seconds:
                self.history.write("silent", self.user, self.device, self.node)
                self.place += 1
                connection.socket.transport.abort()
                return
            if silence > PING_SECONDS and not asked:
                connection.say(ref="3", ping={})
            asked = silence > PING_SECONDS

    async def _talk(self):
        known = len(self.closed)
        try:
            await super()._talk()
        finally:
            for _, node, code, reason in self.closed[known:]:
                self.history.write("closed", self.user, self.device, node, code, reason)

    # Frames.

    def _take_welcome(self, welcome):
        self.history.write("connected", self.user, self.device, welcome["node"], int(welcome.get("generation", 0)))
        super()._take_welcome(welcome)

    def _take_accepted(self, accepted):
        if int(accepted.get("seq", 0)):
            return super()._take_accepted(accepted)
        # A retry whose outcome is known, and not its place: the own copy comes with sync.
        number = int(accepted["clientSequence"])
        self.history.settle(self.user, self.device, number, False)
        self._answered(number)
        self._sync()
        self._pump()

    def _take_synced(self, synced):
        was_live = self.live
        super()._take_synced(synced)
        if self.live and not was_live:
            self.history.write("live", self.user, self.device)

    def _take_rejected(self, rejected):
        if rejected["code"] in TEMPORARY:
            number = int(rejected["clientSequence"])
            self.history.write("rejected", self.user, self.device, number, rejected["code"], True)
        super()._take_rejected(rejected)

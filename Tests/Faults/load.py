"""A process full of devices, told by its standard input what to do; each command is answered by one line.

    load.py PLAN       a JSON file: socket, addresses (a file of URLs, one a line), secret (hex), devices, targets

ready              when every device is live
load PACE | idle   every device sends, a message each PACE seconds at most; or none does
once               every device sends one message
flow SECONDS       when every device had an answer to something that it sent after this
settle SECONDS     when nothing is on its way
end                closes all connections, and the process
"""

import asyncio
import json
import pathlib
import random
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "EndToEnd")]

from device import Device  # noqa: E402
from journal import Journal, events  # noqa: E402
from tokens import Minter  # noqa: E402

LIVE_SECONDS = 60


class Load:
    def __init__(self, plan):
        self.plan = plan
        self.journal = Journal(plan["socket"])
        self.minter = Minter(bytes.fromhex(plan["secret"]))
        self.random = random.Random(plan["seed"])
        self.is_loaded = False
        self.devices = [self._device(**device) for device in plan["devices"]]

    def _device(self, user, device, home):
        made = Device(self.journal, user, device, home, self._addresses, lambda: self._token(user), window=16)
        others = [target for target in self.plan["targets"] if target != user]
        made.target = lambda: self.random.choice(others)
        made.is_loaded = lambda: self.is_loaded
        made.silent_seconds = self.plan["silent"] or made.silent_seconds
        return made

    def _addresses(self):
        return pathlib.Path(self.plan["addresses"]).read_text().split()

    def _token(self, user):
        return self.minter.token(user, tier="paid", exp=int(time.time()) + 7_200)

    def remember(self, path):
        """After a crash of its own: what the journal knows of its devices is their storage."""
        devices = {(device.user, device.device): device for device in self.devices}
        for _, kind, values in events(path):
            if kind not in ("connected", "send", "accepted", "rejected", "settled", "shown"):
                continue
            device = devices.get(tuple(values[:2]))
            if device is None:
                continue
            if kind == "connected":
                device.generation = values[3]
            elif kind == "send":
                device.next = values[2] + 1
                device.outbox[values[2]] = values[3]
            elif kind == "shown":
                device.cursor = values[2]
            elif kind != "rejected" or not values[4]:
                device.outbox.pop(values[2], None)
                device.highest_answered = max(device.highest_answered, values[2])

    # Commands.

    async def ready(self):
        for device in self.devices:
            device.open()
        await self._all(lambda device: device.live, "live", LIVE_SECONDS)

    async def load(self, pace):
        self.is_loaded = True
        for device in self.devices:
            device.pace = float(pace)
            device.keep_sending()

    async def idle(self):
        self.is_loaded = False

    async def once(self):
        for device in self.devices:
            device.send(device.target())

    async def flow(self, seconds):
        # The answer that is on its way may be to an older message.
        marks = {device: device.count + (2 if self.is_loaded else 1) for device in self.devices}
        if not self.is_loaded:
            await self.once()
        await self._all(lambda device: device.live and device.count >= marks[device], "answered", float(seconds))

    async def settle(self, seconds):
        await self._all(lambda device: device.settled, "settled", float(seconds))

    async def end(self):
        for device in self.devices:
            await device.close()
        self.journal.close()

    async def _all(self, holds, what, seconds):
        end = time.monotonic() + seconds
        for device in self.devices:
            await device.until(lambda device=device: holds(device), what, max(0.1, end - time.monotonic()))


async def main(path):
    plan = json.loads(pathlib.Path(path).read_text())
    load = Load(plan)
    if plan.get("journal"):
        load.remember(plan["journal"])
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while text := (await reader.readline()).decode().split():
        try:
            await getattr(load, text[0])(*text[1:])
            print("done", flush=True)
        except AssertionError as failure:
            print(f"failed {failure}".replace("\n", " "), flush=True)
        if text[0] == "end":
            return


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))

"""One fault, the devices that live through it, and what it is judged by."""

import asyncio
import contextlib
import json
import queue
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

from checker import Record
from chat_client import read_mailbox
from journal import Journal
from timeline import Timeline, percentile
from tokens import Minter

HERE = Path(__file__).resolve().parent
LOADS, USERS, DEVICES = 2, 30, ["phone", "laptop"]
WARM_SECONDS = 30
SETTLE_SECONDS = 90
AUDIT_SECONDS = 60
# Each of the 60 devices has one message on its way, and sends the next one not before this: up to 150 a second.
PACE_SECONDS = 0.4


class Failed(Exception):
    """Something that a scenario waited for did not come."""


class Process:
    """A child that is told what to do by lines, and answers each with one."""

    def __init__(self, words, log):
        self.log = open(log, "ab")
        self.child = subprocess.Popen(
            [sys.executable, *map(str, words)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log)
        self.answers = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        for text in self.child.stdout:
            self.answers.put(text.decode().strip())
        self.answers.put("ended")

    def tell(self, *words):
        with contextlib.suppress(BrokenPipeError):
            self.child.stdin.write((" ".join(map(str, words)) + "\n").encode())
            self.child.stdin.flush()

    def answer(self, what, seconds):
        try:
            answer = self.answers.get(timeout=seconds)
        except queue.Empty:
            raise Failed(f"{what}: no answer from the load within {seconds} s") from None
        if answer != "done":
            raise Failed(f"{what}: {answer}")

    def end(self, number=signal.SIGTERM):
        if self.child.poll() is None:
            self.child.send_signal(number)
        try:
            self.child.wait(20)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        self.log.close()


class Scene:
    """`loaded`: whether messages flow when the fault strikes, or every session is idle and speaks only afterwards."""

    def __init__(self, site, folder, loaded, short=False, patience=None):
        self.site, self.folder, self.loaded, self.short = site, Path(folder), loaded, short
        # A machine that builds and tests other things meanwhile is slow now and then.
        self.patience = patience or (3.0 if short else 1.0)
        # After so many without a word a device tries another connection; None: as it finds right.
        self.silent_seconds = None
        self.folder.mkdir(parents=True)
        self.prefix = secrets.token_hex(2)
        self.users = [f"{self.prefix}-{number}" for number in range(USERS)]
        self.journal_path = self.folder / "journal"
        self.journal_path.touch()
        self.loads, self.plans, self.extra_users = [], [], []
        self.facts, self.aims, self.notes = {}, [], []
        self.limits = []  # (name of a measure, limit): looked at in the end
        self.measured_later = []
        self.watching = threading.Event()
        self.began = time.monotonic()

    # The devices.

    def begin(self):
        self.socket = f"/tmp/martlet-oracle-{secrets.token_hex(6)}"
        self.oracle = Process([HERE / "oracle.py", self.socket, self.journal_path], self.folder / "oracle.log")
        self._wait_for_oracle()
        self.site.publish()
        for number in range(LOADS):
            self._start_load([user for index, user in enumerate(self.users) if index % LOADS == number])
        self._all("ready", seconds=WARM_SECONDS * self.patience)
        self._watch_presence()
        if self.loaded:
            self._all("load", PACE_SECONDS)
        self._all("flow", WARM_SECONDS * self.patience, seconds=WARM_SECONDS * self.patience)

    def _wait_for_oracle(self):
        end = time.monotonic() + 10
        while True:
            with contextlib.suppress(OSError):
                self.journal = Journal(self.socket)
                return
            if time.monotonic() > end:
                raise Failed("the oracle does not listen")
            time.sleep(0.02)  # Pace of asking.

    def _start_load(self, users, number=None, journal=None):
        number = len(self.plans) if number is None else number
        plan = {
            "socket": self.socket, "addresses": str(self.site.addresses), "secret": self.site.token_secret.hex(),
            "seed": number, "targets": self.users, "journal": str(journal) if journal else None, "silent": self.silent_seconds,
            "devices": [{"user": user, "device": device, "home": index + offset}
                        for index, user in enumerate(users) for offset, device in enumerate(DEVICES)]}
        path = self.folder / f"load-{number}.json"
        path.write_text(json.dumps(plan))
        load = Process([HERE / "load.py", path], self.folder / f"load-{number}.log")
        self.loads[number:number + 1] = [load]
        self.plans[number:number + 1] = [users]
        return load

    def _all(self, *words, seconds=30):
        for load in self.loads:
            load.tell(*words)
        end = time.monotonic() + seconds + 10
        for load in self.loads:
            load.answer(" ".join(map(str, words)), max(1, end - time.monotonic()))

    def newcomers(self, seconds=20):
        """More devices connect, sync and send; returns the seconds that it took."""
        users = [f"{self.prefix}-new-{len(self.extra_users)}-{number}" for number in range(4)]
        self.extra_users += users
        since = time.monotonic()
        load = self._start_load(users)
        for words in (["ready"], ["flow", seconds]):
            load.tell(*words)
            load.answer(f"newcomers {words[0]}", seconds + 5)
        return time.monotonic() - since

    def kill_clients(self):
        """SIGKILL to half of the clients; they come back with what they had written down."""
        self.loads[0].end(signal.SIGKILL)
        self.journal.write("mark", "clients killed", self.plans[0])
        self._drain_oracle()
        load = self._start_load(self.plans[0], number=0, journal=self.journal_path)
        load.tell("ready")
        load.answer("ready", WARM_SECONDS)
        if self.loaded:
            load.tell("load", PACE_SECONDS)
            load.answer("load", 10)

    def _drain_oracle(self):
        """Until the oracle has written what came before this."""
        name = secrets.token_hex(8)
        self.journal.write("mark", "drained", name)
        self.until(lambda: name.encode() in self.journal_path.read_bytes()[-1 << 16:], "the oracle wrote a mark", 10)

    # The fault.

    @contextlib.contextmanager
    def fault(self, *victims):
        """What is done within it is the fault; `victims` are gateways whose connections may close."""
        self.struck = self.mark("fault", list(victims))
        yield
        self.site.publish()
        if not self.loaded:
            self._all("once")

    def mark(self, name, data=None):
        self.journal.write("mark", name, data)
        return time.monotonic()

    def flowing(self, seconds=30):
        """Waits until every device had an answer to something that it sent after this; ends the window."""
        self.site.publish()
        since = time.monotonic()
        self._all("flow", seconds * self.patience, seconds=seconds * self.patience)
        self.mark("flowing")
        return time.monotonic() - since

    def stay(self, seconds):
        """Time passes; the cluster's living processes have to stay alive."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.site.check_running()
            time.sleep(min(0.2, max(0, end - time.monotonic())))

    def until(self, condition, what, seconds=30):
        """Seconds until `condition` held."""
        since = time.monotonic()
        while not condition():
            if time.monotonic() - since > seconds * self.patience:
                raise Failed(f"after {seconds * self.patience:.0f} s not: {what}; {self.site.describe()}")
            time.sleep(0.03)  # Pace of asking.
        return time.monotonic() - since

    def balanced(self, seconds=30):
        """Seconds until every slot has a settled owner among the living gateways, evenly."""
        return self.until(self.site.is_balanced, "slots spread evenly over the living gateways", seconds)

    def victim(self):
        return self.site.gateways()[1]

    def seconds(self, whole, short):
        return short if self.short else whole

    def stay_since_fault(self, seconds):
        self.stay(max(0, self.struck + seconds - time.monotonic()))

    def fact(self, name, value):
        self.facts[name] = value

    def aim(self, name, value, limit):
        """A measured value that may not be above `limit`; seconds are multiplied by the run's patience."""
        allowed = limit * self.patience if isinstance(limit, float) else limit
        self.aims.append((name, value, allowed, value is not None and value <= allowed))

    def later(self, name, measure, limit):
        """Measured when the journal is whole. `limit` None: a fact; else an aim."""
        self.measured_later.append((name, measure, limit))

    def aims_of_living(self, pause=1.0):
        """What a fault of others must leave to sessions on living edges."""
        self.limits += [("pause p99", pause), ("cut off", 0)]

    def aims_of_returning(self):
        self.limits.append(("return max", 3.0))

    # Presence.

    def _watch_presence(self):
        self.presence_polls = self.presence_unknown = 0
        self.watcher = threading.Thread(target=self._poll_presence, daemon=True)
        self.watcher.start()

    def _poll_presence(self):
        journal = Journal(self.socket)
        turn = 0
        while not self.watching.wait(0.25):
            user = self.users[turn % len(self.users)]
            turn += 1
            for device, state, edge, home in self.site.presence(user):
                self.presence_polls += 1
                self.presence_unknown += state == "unknown"
                journal.write("presence", user, device, state, edge, home)
        journal.close()

    # The end.

    def end(self):
        """Everything is up again: all settles, all devices close, every mailbox is read from its beginning."""
        self._all("idle")
        settle = SETTLE_SECONDS * self.patience
        self._all("settle", settle, seconds=settle)
        record = Record(self.journal_path)
        self.until(lambda: record.follow().history.undelivered() == 0 or None, "everything delivered", SETTLE_SECONDS)
        self._all("end")
        self.watching.set()
        self.watcher.join(20)
        self.facts["presence asked"] = self.presence_polls
        self.facts["of these unknown"] = self.presence_unknown
        self._presence_ends()
        self.journal.close()
        self.oracle.end()
        record.follow()
        asyncio.run(self._audit(record))
        self.record, self.timeline = record, Timeline(record)
        self.measures = self.measure()
        for name, limit in self.limits:
            self.aim(name, self.measures[name], limit)
        for name, measure, limit in self.measured_later:
            value = measure(self.timeline)
            self.fact(name, value) if limit is None else self.aim(name, value, limit)
        return record.violations()

    def _presence_ends(self):
        """All are gone: no answer may say otherwise when a lease is over."""
        def nobody():
            return not any(state == "online" for user in self.users for _, state, _, _ in self.site.presence(user))
        try:
            self.facts["presence false after"] = self.until(nobody, "nobody online any more", 10)
        except Failed as failure:
            self.notes.append(str(failure))

    async def _audit(self, record):
        """Each device of each user syncs from 0, at different gateways."""
        minter = Minter(self.site.token_secret)
        urls = list(self.site.urls().values())
        for index, user in enumerate([*self.users, *self.extra_users]):
            for offset, _ in enumerate(DEVICES):
                token = minter.token(user, tier="paid")
                async with asyncio.timeout(AUDIT_SECONDS):
                    record.keep(user, await read_mailbox(user, urls[(index + offset) % len(urls)], token))

    def close(self):
        """Whatever happened: no process of the scene stays."""
        self.watching.set()
        for load in self.loads:
            load.end(signal.SIGKILL)
        if hasattr(self, "oracle"):
            self.oracle.end()
            Path(self.socket).unlink(missing_ok=True)

    # What it comes to.

    def measure(self):
        """The figures that every fault has; seconds."""
        seen = self.timeline
        pauses, returns, deliveries = seen.pauses(), seen.returns(), seen.deliveries()
        words = seen.first_words()
        return {
            "pause p50": percentile(pauses, 50), "pause p99": percentile(pauses, 99),
            "pause max": percentile(pauses, 100), "returns": len(returns), "return p50": percentile(returns, 50),
            "return max": percentile(returns, 100), "first word max": percentile(words, 100),
            "delivery p50": percentile(deliveries, 50), "delivery p99": percentile(deliveries, 99),
            "cut off": len(seen.cut_off()), "errors": dict(seen.error_counts()),
            "sent": len(seen.sent), "accepted": len(self.record.history.accepted()),
        }

    def cut_off_reasons(self):
        return Counter(f"{node}: {reason}" for _, node, reason in self.timeline.cut_off())

"""A Redis that loses its last second: the append-only file, cut back to what it was a second before the crash.

Killing redis-server loses nothing, since the kernel has its bytes; a machine that dies loses what was not synced. So the
sizes of the file are noted all the time, and after a SIGKILL the newest part is cut to a size from before.
"""

import threading
import time
from collections import deque

LOST_SECONDS = 1.0


class RedisTail:
    def __init__(self, redis):
        self.redis = redis
        self.sizes = deque(maxlen=400)  # (time, file, size)
        self.ending = threading.Event()
        self.thread = None

    def newest(self):
        """The part of the append-only file that grows."""
        parts = sorted((self.redis.folder / "appendonlydir").glob("*.incr.aof"), key=lambda part: part.stat().st_mtime)
        return parts[-1]

    def watch(self):
        self.ending.clear()
        self.sizes.clear()
        self.thread = threading.Thread(target=self._note, daemon=True)
        self.thread.start()

    def _note(self):
        while not self.ending.wait(0.02):
            part = self.newest()
            self.sizes.append((time.monotonic(), part, part.stat().st_size))

    def lose(self):
        """Kills the server and takes away what it wrote in its last second; returns the bytes that are gone."""
        at = time.monotonic()
        self.redis.kill()
        self.ending.set()
        self.thread.join()
        part = self.newest()
        before = [size for when, file, size in self.sizes if when <= at - LOST_SECONDS and file == part]
        lost = part.stat().st_size - before[-1]
        with open(part, "ab") as file:
            file.truncate(before[-1])
        return lost

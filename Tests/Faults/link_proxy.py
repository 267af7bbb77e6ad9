"""A TCP proxy before a gateway's link port, which the test owns: it can swallow what goes one way or both.

A cut swallows bytes and closes nothing, as a network does that drops packets. New connections are taken and swallowed
too. When it heals, connections that lost something are reset, since nobody sends those bytes again.
"""

import contextlib
import selectors
import socket
import threading

INWARD, OUTWARD = "inward", "outward"  # towards the gateway behind the proxy, and from it


class LinkProxy:
    """One thread; `address` is what the gateway behind it advertises."""

    def __init__(self, target_port):
        self.target = ("127.0.0.1", target_port)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.cut_ways = set()
        self.pairs = {}  # socket -> (its other end, way of what it reads)
        self.damaged = set()
        self.waker, self.woken = socket.socketpair()
        self.selector = selectors.DefaultSelector()
        self.lock = threading.Lock()
        self.ending = False
        for one in (self.listener, self.woken):
            self.selector.register(one, selectors.EVENT_READ)
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def cut(self, *ways):
        with self.lock:
            self.cut_ways = set(ways)

    def heal(self):
        with self.lock:
            self.cut_ways = set()
        self._wake()

    def close(self):
        self.ending = True
        self._wake()
        self.thread.join(10)

    def _wake(self):
        self.waker.send(b"x")

    def _run(self):
        while not self.ending:
            for key, _ in self.selector.select(1):
                if key.fileobj is self.listener:
                    self._accept()
                elif key.fileobj is self.woken:
                    self.woken.recv(64)
                    self._reset_damaged()
                elif key.fileobj in self.pairs:
                    self._pass(key.fileobj)
        for one in [*self.pairs, self.listener, self.waker, self.woken]:
            one.close()

    def _accept(self):
        outer, _ = self.listener.accept()
        try:
            inner = socket.create_connection(self.target, 2)
        except OSError:
            # As the port behind it: refused, near enough.
            reset(outer)
            return
        for one, other, way in ((outer, inner, INWARD), (inner, outer, OUTWARD)):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.pairs[one] = (other, way)
            self.selector.register(one, selectors.EVENT_READ)

    def _pass(self, source):
        target, way = self.pairs[source]
        try:
            data = source.recv(1 << 16)
            with self.lock:
                is_cut = way in self.cut_ways
            if data and is_cut:
                self.damaged.add(source)
                return
            if data:
                target.sendall(data)
                return
        except OSError:
            pass
        if way not in self.cut_ways:
            self._drop(source)
        else:
            # The goodbye is swallowed with the rest.
            self.selector.unregister(source)
            self.damaged.add(source)

    def _drop(self, source):
        target, _ = self.pairs.get(source, (None, None))
        for one in (source, target):
            if one in self.pairs:
                del self.pairs[one]
                with contextlib.suppress(KeyError):
                    self.selector.unregister(one)
                reset(one)

    def _reset_damaged(self):
        if not self.cut_ways:
            for one in list(self.damaged):
                self._drop(one)
            self.damaged.clear()


def reset(one):
    with contextlib.suppress(OSError):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    one.close()

"""The oracle: a process that writes down what clients and the run tell it, and outlives them.

    oracle.py SOCKET FILE      until SIGTERM; then it reads what is still in the sockets, and ends
"""

import selectors
import signal
import socket
import sys


class Oracle:
    """Many connections, one file; a line is written whole or, where its writer died within it, not at all."""

    def __init__(self, address, path):
        self.file = open(path, "ab", buffering=0)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(address)
        self.listener.listen(64)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.halves = {}
        self.ending = False

    def run(self):
        while not self.ending:
            self.turn(0.2)
        while self.turn(0):
            pass

    def turn(self, seconds):
        """Takes what is there; false: nothing was."""
        ready = [key.fileobj for key, _ in self.selector.select(seconds)]
        for source in ready:
            self.accept() if source is self.listener else self.read(source)
        return bool(ready)

    def accept(self):
        connection, _ = self.listener.accept()
        self.halves[connection] = b""
        self.selector.register(connection, selectors.EVENT_READ)

    def read(self, connection):
        data = connection.recv(1 << 18)
        if not data:
            self.selector.unregister(connection)
            connection.close()
            del self.halves[connection]
            return
        whole, newline, half = (self.halves[connection] + data).rpartition(b"\n")
        self.halves[connection] = half
        self.file.write(whole + newline)


def main(address, path):
    oracle = Oracle(address, path)
    signal.signal(signal.SIGTERM, lambda *_: setattr(oracle, "ending", True))
    # The run ends it, not a Ctrl-C that is meant for the run.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    oracle.run()


if __name__ == "__main__":
    main(*sys.argv[1:])

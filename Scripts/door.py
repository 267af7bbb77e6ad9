"""How one shell tells what runs in another what to do: a line of words one way, a text back, by a Unix socket."""

import contextlib
import json
import socket

# Whoever asks says so at once; the answer may take as long as what is asked.
LINE_SECONDS = 5


class Refused(Exception):
    """What was asked is not done; says why."""


class Closed(Exception):
    """Nobody is behind the door."""


class Door:
    """Open as long as it is entered. `path` must be short, as the path of any Unix socket."""

    def __init__(self, path):
        self.path, self.socket = path, socket.socket(socket.AF_UNIX)
        self.socket.bind(str(path))
        self.socket.listen()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.path.unlink(missing_ok=True)

    def answer_one(self, perform, seconds):
        """Does what one asker wants, if one comes in time. Askers may go away at any moment, or say nothing."""
        self.socket.settimeout(seconds)
        with contextlib.suppress(OSError):
            asker, _ = self.socket.accept()
            with asker:
                asker.settimeout(LINE_SECONDS)
                words = asker.makefile(errors="replace").readline().split()
                if words:
                    asker.sendall(json.dumps(attempt(perform, words)).encode())


def attempt(perform, words):
    """(whether it was done, what there is to say)."""
    try:
        return True, perform(words)
    except (Refused, AssertionError, LookupError, ValueError, OSError) as failure:
        return False, str(failure)


def ask(path, words):
    """The answer of who is behind the door; `Refused` or `Closed`."""
    with socket.socket(socket.AF_UNIX) as door:
        try:
            door.connect(str(path))
            door.sendall((" ".join(words) + "\n").encode())
            answer = door.makefile().read()
        except OSError:
            raise Closed from None
    if not answer:
        raise Refused("it ended before it answered")
    done, text = json.loads(answer)
    if not done:
        raise Refused(text)
    return text


def is_open(path):
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as door:
        door.connect(str(path))
        return True
    return False

"""The list of faults: each a function that plays it on a scene."""

from dataclasses import dataclass

FAULTS = {}


@dataclass(frozen=True)
class Fault:
    """`needs`: what must be there to be broken. `short`: whether CI plays it; `alone`, `loaded`: whether it is played with
    idle sessions, and under load."""

    name: str
    title: str
    play: callable
    needs: frozenset
    short: bool
    alone: bool
    loaded: bool


def fault(name, *needs, short=True, alone=True, loaded=True):
    """Puts the function into the list; the first line of its text is the title."""
    def declare(play):
        title = play.__doc__.strip().splitlines()[0].rstrip(".")
        FAULTS[name] = Fault(name, title, play, frozenset(needs), short, alone, loaded)
        return play
    return declare

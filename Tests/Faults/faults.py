"""The list of faults: each a function that plays it on a scene."""

from dataclasses import dataclass

FAULTS = {}


@dataclass(frozen=True)
class Fault:
    """`needs`: what must be there to be broken. `short`: whether CI plays it under load; `alone`: whether it is played
    without load too, in the whole run."""

    name: str
    title: str
    play: callable
    needs: frozenset
    short: bool
    alone: bool


def fault(name, *needs, short=True, alone=True):
    """Puts the function into the list; the first line of its text is the title."""
    def declare(play):
        title = play.__doc__.strip().splitlines()[0].rstrip(".")
        FAULTS[name] = Fault(name, title, play, frozenset(needs), short, alone)
        return play
    return declare

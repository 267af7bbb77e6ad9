"""What all places have in common on which faults are played: who is there, and how to ask."""

import urllib.error
from pathlib import Path


class SiteBase:
    """`abilities` says which parts of it can be broken."""

    abilities = set()

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.addresses = self.folder / "addresses"
        self.serial = 0

    def publish(self):
        """Tells the devices where gateways listen, as a load balancer would that looks for the living ones."""
        self.serial += 1
        draft = self.addresses.with_suffix(f".{self.serial}")
        draft.write_text("\n".join(self.urls().values()) + "\n")
        draft.replace(self.addresses)

    def presence(self, user):
        """(device, state, edge, home) as some gateway says; nothing, if none answers."""
        try:
            devices = self.ask_presence(user)["devices"]
        except (urllib.error.URLError, OSError, RuntimeError):
            return []
        return [(one["device"], one["state"], one["edge"], one["home"]) for one in devices]

    def owners(self):
        """Who owns each slot, and whether it stays so."""
        report = self.report()
        return {slot["slot"]: (slot["owner"], slot["movingTo"]) for slot in report["slots"]}

    def shares(self):
        counts = {name: 0 for name in self.gateways()}
        for owner, _ in self.owners().values():
            counts[owner] = counts.get(owner, 0) + 1
        return counts

    def is_balanced(self):
        """Every slot is settled, and the living gateways have as many each as can be."""
        try:
            owners, living = self.owners(), self.gateways()
        except (urllib.error.URLError, OSError, RuntimeError):
            return False
        counts = [sum(owner == name for owner, _ in owners.values()) for name in living]
        settled = all(moving is None and owner in living for owner, moving in owners.values())
        return settled and max(counts) - min(counts) <= 1

    def describe(self):
        try:
            return f"slots by owner: {self.shares()}"
        except (urllib.error.URLError, OSError, RuntimeError) as error:
            return f"no gateway answers: {error}"

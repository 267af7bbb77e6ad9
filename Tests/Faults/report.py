"""What a run of the fault suite found, as a page."""

import datetime
import os
import platform
from collections import Counter
from pathlib import Path

HEAD = """# Faults

What happens when a part of a cluster fails, as `make faults` saw it: real processes on loopback, an oracle that writes
down every send, answer and receipt outside of the cluster, and a checker that judges the whole history when everything
is up again. It looks for messages that were accepted and are missing, shown twice, out of order or never sent, for
wrong seqs and `prev`s, for two answers to one number, for devices of a user that read different mailboxes, and for
presence that claims online of somebody who is gone. `Tests/Faults/test_checker.py` feeds it each kind of broken history.

"""
COLUMNS = ["pause p50", "pause p99", "pause max", "return p50", "return max", "first word max", "delivery p99"]


class Result:
    """One fault, played once."""

    def __init__(self, fault, loaded):
        self.fault, self.loaded = fault, loaded
        self.seconds = 0
        self.failures, self.measures, self.facts, self.aims = [], {}, {}, []
        self.skipped = None

    @property
    def passed(self):
        return not self.failures and not self.skipped

    @property
    def verdict(self):
        return f"not played: {self.skipped}" if self.skipped else "held" if self.passed else "BROKEN"

    @property
    def how(self):
        return "load" if self.loaded else "alone"


def text(value):
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value * 1000:.0f} ms" if value < 10 else f"{value:.1f} s"
    return str(value)


def machine():
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    kernel = platform.release().partition("-")[0]
    return f"{os.cpu_count()} cores of {model}, {memory:.0f} GiB, Linux {kernel}"


def page(results, about, seconds):
    """The Markdown page."""
    played = [result for result in results if not result.skipped]
    held = sum(result.passed for result in played)
    sent = sum(result.measures.get("sent", 0) for result in played)
    accepted = sum(result.measures.get("accepted", 0) for result in played)
    lines = [HEAD + f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M} UTC, {machine()}. {about}", "",
             f"{held} of {len(played)} held, {sum(bool(result.skipped) for result in results)} not played; "
             f"{sent} messages sent, {accepted} accepted; {seconds / 60:.1f} minutes.", "",
             "Pause: the longest time from send to `accepted` of each session on a living edge. Return: from the end of a",
             "connection at a victim until its device was synced elsewhere. First word: from send to an answer of any",
             "kind. Delivery: from send until the recipient showed it. Cut off: connections that ended on living edges.",
             "", "| fault | with | verdict | " + " | ".join(COLUMNS) + " | cut off | errors |",
             "| --- " * (len(COLUMNS) + 5) + "|"]
    for result in results:
        cells = [text(result.measures.get(column)) for column in COLUMNS]
        errors = ", ".join(f"{count} {code}" for code, count in sorted(result.measures.get("errors", {}).items()))
        lines.append(f"| {result.fault.name} | {result.how} | {result.verdict} | " + " | ".join(cells) +
                     f" | {text(result.measures.get('cut off'))} | {errors or '–'} |")
    for result in results:
        lines += ["", *chapter(result)]
    return "\n".join(lines) + "\n"


# What `make compose-test` writes stands behind this line, and what `make faults` writes before it.
CONTAINERS = "<!-- Below: make compose-test. -->\n"


def put_page(path, text):
    """Writes the page; the containers' part stays."""
    path = Path(path)
    _, line, containers = (path.read_text() if path.exists() else "").partition(CONTAINERS)
    path.write_text(text + ("\n" + line + containers if line else ""))


def put_containers(path, text):
    """Writes the containers' part; the page before it stays."""
    path = Path(path)
    page, _, _ = (path.read_text() if path.exists() else "# Faults\n").partition(CONTAINERS)
    path.write_text(page.rstrip("\n") + "\n\n" + CONTAINERS + "\n" + text)


def chapter(result):
    yield f"## {result.fault.title} ({result.how})"
    yield ""
    if result.skipped:
        yield f"Not played: {result.skipped}."
        return
    facts = [f"{name} {text(value)}" for name, value in result.facts.items()]
    yield f"{result.verdict.capitalize()}, {result.seconds:.0f} s. " + "; ".join(facts) + ("." if facts else "")
    if result.aims:
        yield ""
        for name, value, limit, met in result.aims:
            yield f"- {name}: {text(value)}, aim {text(limit)}{'' if met else ', **missed**'}"
    for failure in result.failures:
        yield f"- {failure}"


def console(result):
    """One line for who watches."""
    measured = ", ".join(f"{name} {text(result.measures[name])}" for name in ("pause p99", "return max", "cut off")
                         if name in result.measures)
    counts = Counter(result.measures.get("errors", {}))
    errors = f", errors {dict(counts)}" if counts else ""
    return f"{result.fault.name:24} {result.how:5} {result.verdict:8} {result.seconds:5.0f} s  {measured}{errors}"

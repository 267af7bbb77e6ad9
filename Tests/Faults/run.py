#!/usr/bin/env python3
"""Plays faults on a cluster and judges what its users saw.

    run.py                      every fault, under load and alone, on processes with Kafka and Redis; writes Docs/Faults.md
    run.py --short              what CI plays, in four minutes
    run.py --only NAME [NAME]   some faults; run.py --list names them
    run.py --dev                on `martlet dev`, which needs no Kafka: faults of gateways only
"""

import argparse
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(HERE.parent / "EndToEnd")]

import failpoint_faults  # noqa: E402, F401
import link_faults  # noqa: E402, F401
import node_faults  # noqa: E402, F401
import store_faults  # noqa: E402, F401
from cluster import Kafka  # noqa: E402
from faults import FAULTS  # noqa: E402
from report import Result, console, page, put_page, text  # noqa: E402
from scene import Scene  # noqa: E402


# As automake has it: the tests could not run here.
SKIPPED = 77


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--dev", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME")
    parser.add_argument("--alone", action="store_true", help="only without load")
    parser.add_argument("--loaded", action="store_true", help="only under load")
    parser.add_argument("--patience", type=float, help="by what times are multiplied, on a machine that does other things")
    parser.add_argument("--brokers", type=int, default=3, choices=[1, 3])
    parser.add_argument("--keep", help="a folder that keeps journals and logs")
    parser.add_argument("--report", help="where the page goes; whole runs write Docs/Faults.md")
    return parser.parse_args()


def make_site(options, folder):
    if options.dev:
        from dev_site import DevSite
        return DevSite(folder)
    from site_processes import Site
    return Site(folder, brokers=options.brokers)


class Run:
    """Plays one fault after the other on one cluster; one that broke gets a fresh one behind it."""

    def __init__(self, options, folder):
        self.options, self.folder = options, Path(folder)
        self.site, self.sites = None, 0

    def chosen(self):
        unknown = [name for name in self.options.only if name not in FAULTS]
        if unknown:
            sys.exit(f"no fault {', '.join(unknown)}; there are {', '.join(FAULTS)}")
        for fault in FAULTS.values():
            wanted = fault.name in self.options.only if self.options.only else fault.short or not self.options.short
            if wanted and fault.loaded and not self.options.alone:
                yield fault, True
            # CI plays each fault once.
            once = self.options.short and fault.loaded and not self.options.alone
            if wanted and fault.alone and not self.options.loaded and not once:
                yield fault, False

    def play(self, fault, loaded):
        result = Result(fault, loaded)
        since = time.monotonic()
        if self.site is None:
            self.sites += 1
            try:
                self.site = make_site(self.options, self.folder / f"site-{self.sites}")
            except Exception as failure:
                result.failures.append(f"no cluster: {failure}")
                return result
        missing = fault.needs - self.site.abilities
        if missing:
            result.skipped = f"this cluster has no {', '.join(sorted(missing))}"
            return result
        scene = Scene(self.site, self.folder / f"{fault.name}-{result.how}", loaded, self.options.short,
                      self.options.patience)
        try:
            scene.begin()
            fault.play(scene)
            result.failures += scene.end()[:20]
            result.measures = scene.measures
            result.failures += [f"cut off: {reason} ({count})" for reason, count in scene.cut_off_reasons().items()]
            result.failures += [f"{name}: {text(value)}, aim {text(limit)}" for name, value, limit, met in scene.aims if not met]
            result.failures += scene.notes
        except Exception as failure:  # Whatever it was: this fault did not hold, and the next ones are played.
            result.failures.append(f"{type(failure).__name__}: {failure}")
            traceback.print_exc()
        finally:
            scene.close()
        result.facts, result.aims = scene.facts, scene.aims
        result.seconds = time.monotonic() - since
        if result.failures:
            self.end_site()
        return result

    def end_site(self):
        if self.site:
            site, self.site = self.site, None
            site.close()


def main():
    options = arguments()
    if options.list:
        for fault in FAULTS.values():
            print(f"{fault.name:24} {fault.title}")
        return 0
    missing = None if options.dev else Kafka.missing()
    if missing:
        print(f"not played: {missing}")
        return SKIPPED
    # However it is ended, no process of a cluster stays.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit("ended by a signal"))
    since = time.monotonic()
    folder = options.keep or tempfile.mkdtemp(prefix="martlet-faults-")
    run, results = Run(options, folder), []
    chosen = list(run.chosen())
    whole = not (options.short or options.only or options.dev or options.alone or options.loaded)
    report = options.report or (ROOT / "Docs" / "Faults.md" if whole else None)
    try:
        for fault, loaded in chosen:
            results.append(run.play(fault, loaded))
            print(console(results[-1]), flush=True)
            for failure in results[-1].failures:
                print(f"    {failure}", flush=True)
            # Each time: what was seen stays, however the run ends.
            if report:
                left = len(chosen) - len(results)
                about = f"The run was ended before {left} of {len(chosen)} faults were played." if left else ""
                put_page(report, page(results, about, time.monotonic() - since))
    finally:
        run.end_site()
    failed = sum(bool(result.failures) for result in results)
    print(f"{sum(result.passed for result in results)} held, {failed} broke; journals and logs are in {folder}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Runs every test there is, and ends with `N passed, N failed`: only if all parts really ran.

    make test                  everything
    make test ARGS=swift       one part, by name, for work in between; there is no summary line then

Parts: lint, build, swift, digest, golden, node, end-to-end (pytest, with clients and a browser that are not ours), faults
(processes on Kafka and Redis that are killed and cut off; left out, with a line that says so, where no Kafka is to be had).
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ["--explicit-target-dependency-import-check", "error"]
PYTHON = ROOT / ".venv" / "bin" / "python"
MARTLET = ROOT / ".build" / "release" / "martlet"
# Written by the tests named DigestTests and SlotHistoryTests where these variables name a file.
DIGESTS = ["MARTLET_DIGEST_FILE", "MARTLET_SLOT_DIGEST_FILE"]
DIGEST_TESTS = "DigestTests|SlotHistoryTests"
# Targets whose tests wait for nothing outside their own thread.
PURE_TESTS = "^(MartletCoreTests|MartletProtocolTests)\\."
# Names of what failed, said again just before the summary: a log that was cut off begins far behind them.
failures = []


class DidNotRun(Exception):
    """A part that could not be run: its tests were neither passed nor failed."""


def run(command, environment=None, capture=False):
    """The exit code, and the output if it is captured; what is captured is shown all the same."""
    print("+", " ".join(str(word) for word in command), flush=True)
    environment = {**os.environ, **(environment or {})}
    if not capture:
        return subprocess.run(command, cwd=ROOT, env=environment).returncode, ""
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    lines = []
    for line in process.stdout:
        sys.stdout.write(line)
        lines.append(line)
    return process.wait(), "".join(lines)


def kafka_is_absent():
    """Where no broker can be had, what needs one is left out; see Tests/EndToEnd/cluster.py."""
    if os.environ.get("MARTLET_TEST_KAFKA"):
        return False
    home = os.environ.get("KAFKA_HOME") or ROOT.parent / "shared" / "kafka"
    return not (pathlib.Path(home) / "libs").is_dir()


def needs_kafka(case):
    return "Kafka" in case.get("classname", "") or "test_cluster" in case.get("classname", "")


def counted(path, code, what):
    """Passed and failed tests of a JUnit file; a skipped test is named and counts as not run, unless it needs a Kafka and
    there is none."""
    if not path.exists():
        raise DidNotRun(f"{what} ended with {code} and wrote no results")
    passed = failed = 0
    skipped = []
    for case in xml.parse(path).iter("testcase"):
        if case.find("skipped") is not None and kafka_is_absent() and needs_kafka(case):
            print(f"== SKIPPED, no Kafka to be had: {case.get('classname')}.{case.get('name')}", flush=True)
        elif case.find("skipped") is not None:
            skipped.append(f"{case.get('classname')}.{case.get('name')}")
        elif case.find("failure") is not None or case.find("error") is not None:
            failed += 1
            reason = next(child for child in case if child.tag in ("failure", "error"))
            text = (reason.get("message") or reason.text or "").strip().split("\n")[0]
            failures.append(f"{what}: {case.get('classname')}.{case.get('name')}: {text[:300]}")
        else:
            passed += 1
    if skipped:
        raise DidNotRun(f"{what} skipped " + ", ".join(skipped))
    if passed + failed == 0:
        raise DidNotRun(f"{what} found no tests")
    if code != 0 and failed == 0:
        raise DidNotRun(f"{what} ended with {code}")
    return passed, failed


def lint(folder):
    code = run(["make", "lint"])[0]
    if code != 0:
        failures.append("lint")
    return (1, 0) if code == 0 else (0, 1)


def build(folder):
    for arguments in (["--build-tests"], ["-c", "release", "--static-swift-stdlib", "--product", "martlet"]):
        if run(["swift", "build", *BUILD, *arguments])[0] != 0:
            raise DidNotRun("it does not build")
    return 0, 0


def swift(folder):
    """Pure suites side by side, one a core; then, one at a time, those that wait for sockets, disks, brokers and children:
    beside random histories that keep every core busy, a second of theirs would pass before anyone looked."""
    digests = {name: str(folder / f"{name}.1") for name in DIGESTS}
    golden = folder / "golden"
    golden.mkdir()
    passed = failed = 0
    for what, arguments in [("pure", ["--filter", PURE_TESTS]), ("io", ["--skip", PURE_TESTS, "--no-parallel"])]:
        results = folder / f"swift-{what}.xml"
        code, _ = run(
            ["swift", "test", "--skip-build", *arguments, "--xunit-output", str(results)],
            {**digests, "MARTLET_GOLDEN_OUT": str(golden)})
        good, bad = counted(results.with_name(f"swift-{what}-swift-testing.xml"), code, "swift test")
        passed += good
        failed += bad
    return passed, failed


def digest(folder):
    """Dictionary order differs between processes; nothing that the core decides may depend on it."""
    digests = {name: str(folder / f"{name}.2") for name in DIGESTS}
    # As many histories as the digest holds; the first process ran all.
    digests["MARTLET_HISTORIES"] = "60"
    code, _ = run(["swift", "test", "--skip-build", "--filter", DIGEST_TESTS], digests)
    if code != 0:
        raise DidNotRun("the second process failed")
    passed = failed = 0
    for name in DIGESTS:
        first, second = folder / f"{name}.1", folder / f"{name}.2"
        if not (first.exists() and second.exists()):
            raise DidNotRun(f"no test wrote {name} in both processes")
        if first.read_bytes() == second.read_bytes():
            passed += 1
        else:
            failed += 1
            failures.append(f"digest: {name}: two processes decided differently")
    return passed, failed


def golden(folder):
    """Frames that the Swift tests wrote, read by the official protobuf runtime."""
    check = ROOT / "Tests" / "Golden" / "check.py"
    if not check.exists():
        raise DidNotRun("there is no Tests/Golden/check.py")
    code, output = run([PYTHON, check, folder / "golden"], capture=True)
    count = re.search(r"(\d+) frames, (\d+) failures", output)
    if not count:
        raise DidNotRun(f"check.py ended with {code}")
    frames, wrong = int(count[1]), min(int(count[2]), int(count[1]))
    if wrong:
        failures.append(f"golden: {wrong} frames")
    return frames - wrong, wrong


def node(folder):
    tests = ROOT / "Clients" / "js" / "test"
    page = ROOT / "Clients" / "page" / "test"
    if not tests.is_dir():
        raise DidNotRun("there is no Clients/js/test")
    code, output = run(["node", "--test", "--test-reporter=tap", str(tests), str(page)], capture=True)
    counts = {name: int(count) for name, count in re.findall(r"^# (\w+) (\d+)$", output, re.MULTILINE)}
    if "pass" not in counts or counts.get("skipped") or counts.get("cancelled") or counts.get("todo"):
        raise DidNotRun(f"node ended with {code}, or left tests out")
    if code != 0 and counts["fail"] == 0:
        raise DidNotRun(f"node ended with {code}")
    failures.extend(f"node: {name}" for name in re.findall(r"^\s*not ok \d+ - (.*)$", output, re.MULTILINE))
    return counts["pass"], counts["fail"]


def end_to_end(folder):
    tests = ROOT / "Tests" / "EndToEnd"
    if not tests.is_dir():
        raise DidNotRun("there is no Tests/EndToEnd")
    results = folder / "pytest.xml"
    code, _ = run(
        [PYTHON, "-m", "pytest", "-p", "no:cacheprovider", f"--junitxml={results}", tests],
        {"MARTLET_BIN": os.environ.get("MARTLET_BIN", str(MARTLET))})
    return counted(results, code, "pytest")


def faults(folder):
    """The fault suite's own tests, and then the short version of the suite, with three times the time that each fault may
    take: here it is what people saw that counts."""
    tests = ROOT / "Tests" / "Faults"
    results = folder / "faults.xml"
    code, _ = run([PYTHON, "-m", "pytest", "-p", "no:cacheprovider", f"--junitxml={results}", tests])
    passed, failed = counted(results, code, "pytest")
    binary = {"MARTLET_BIN": os.environ.get("MARTLET_BIN", str(MARTLET))}
    code, output = run([PYTHON, tests / "run.py", "--short", "--patience", "3"], binary, capture=True)
    if code == 77:
        print("== faults: SKIPPED the faults of processes: no Kafka to be had (see Tests/EndToEnd/cluster.py)", flush=True)
        return passed, failed
    count = re.search(r"^(\d+) held, (\d+) broke", output, re.MULTILINE)
    if not count:
        raise DidNotRun(f"run.py ended with {code}")
    failures.extend(f"faults: {line}" for line in output.splitlines() if " BROKE" in line)
    return passed + int(count[1]), failed + int(count[2])


PARTS = {"lint": lint, "build": build, "swift": swift, "digest": digest, "golden": golden, "node": node, "end-to-end": end_to_end,
         "faults": faults}
# A part that needs what another one leaves behind.
NEEDS = {"swift": ["build"], "digest": ["build", "swift"], "golden": ["build", "swift"], "end-to-end": ["build"],
         "faults": ["build"]}


def chosen(names):
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        sys.exit(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}")
    wanted = {need for name in names for need in [name, *NEEDS.get(name, [])]}
    return [name for name in PARTS if not names or name in wanted]


def main(names):
    passed = failed = 0
    not_run = []
    folder = pathlib.Path(tempfile.mkdtemp(prefix="martlet-test-"))
    try:
        for name in chosen(names):
            print(f"== {name}", flush=True)
            try:
                good, bad = PARTS[name](folder)
            except (DidNotRun, OSError) as reason:
                not_run.append(f"{name}: {reason}")
                print(f"== {name} DID NOT RUN: {reason}", flush=True)
                continue
            passed += good
            failed += bad
            print(f"== {name}: {good} passed, {bad} failed", flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if failures:
        print("FAILED:", *failures, sep="\n  ")
    if not_run:
        print("INCOMPLETE, these parts did not run:", *not_run, sep="\n  ")
    elif names:
        print("Only the parts that were asked for ran.")
    else:
        print(f"{passed} passed, {failed} failed")
    sys.exit(1 if not_run or failed else 0)


if __name__ == "__main__":
    main(sys.argv[1:])

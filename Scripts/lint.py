#!/usr/bin/env python3
"""Checks the house rules that the compiler cannot.

1. Nothing `unsafe` in MartletCore, and nothing that does I/O, tells the time or draws lots.
2. No `Foundation` in a target of the server (it links ICU); `FoundationEssentials` may be.
3. No pointer in a public signature outside MartletIO: raw memory stays behind types that own it.
4. No target depends on a package; what is built comes with the toolchain and the distribution.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCES = ROOT / "Sources"
POINTER = re.compile(r"\b(Unsafe(Mutable)?(Raw)?(Buffer)?Pointer|OpaquePointer|Unmanaged)\b")
IMPORT = r"^\s*(?:(?:public|package|internal|fileprivate|private|@\w+(?:\([^)]*\))?)\s+)*import\s+(?:\w+\s+)?"
CORE_FORBIDS = re.compile(IMPORT + r"(Foundation\w*|Glibc|Musl|Darwin|Dispatch|C[A-Z]\w*)\b")
FOUNDATION = re.compile(IMPORT + r"(Foundation|FoundationNetworking|FoundationXML|FoundationInternationalization)\b")
PUBLIC = re.compile(r"^\s*(?:@\w+\s+)*(?:public|open)\b")
EXEMPT_FROM_POINTERS = {"MartletIO"}


def code_lines(path):
    """Lines with comments and strings taken out, so that a word in prose is no finding."""
    text = path.read_text(encoding="utf-8")
    for number, line in enumerate(text.splitlines(), 1):
        line = re.sub(r'"(\\.|[^"\\])*"', '""', line)
        yield number, line.split("//", 1)[0]


def signatures(path):
    """Public declarations up to their body, each with the number of its first line."""
    pending, start, depth = "", 0, 0
    for number, line in code_lines(path):
        if not pending and not PUBLIC.match(line):
            continue
        if not pending:
            start = number
        head = line.split("{", 1)[0]
        pending += head
        depth += head.count("(") + head.count("<") - head.count(")") - head.replace("->", "").count(">")
        if depth <= 0 or "{" in line:
            yield start, pending
            pending, depth = "", 0


def findings():
    for path in sorted(SOURCES.rglob("*.swift")):
        target = path.relative_to(SOURCES).parts[0]
        for number, line in code_lines(path):
            if target == "MartletCore" and re.search(r"\bunsafe\b|@unsafe\b", line):
                yield path, number, "`unsafe` in MartletCore"
            if target == "MartletCore" and CORE_FORBIDS.match(line):
                yield path, number, "MartletCore imports what has I/O, a clock or raw memory"
            if FOUNDATION.match(line):
                yield path, number, "Foundation in a server target; use FoundationEssentials"
        if target not in EXEMPT_FROM_POINTERS:
            for number, signature in signatures(path):
                if POINTER.search(signature):
                    yield path, number, "a pointer in a public signature"
    for number, line in code_lines(ROOT / "Package.swift"):
        if re.search(r"\.package\(", line):
            yield ROOT / "Package.swift", number, "a package dependency"


def main():
    count = 0
    for path, number, what in findings():
        count += 1
        print(f"{path.relative_to(ROOT)}:{number}: error: {what}")
    print(f"lint: {count} findings")
    sys.exit(1 if count else 0)


if __name__ == "__main__":
    main()

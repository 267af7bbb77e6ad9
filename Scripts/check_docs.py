#!/usr/bin/env python3
"""Checks what the documents name: every path in backticks, every function behind a path, every relative link.

A word in backticks is taken for a path if it ends in the suffix of a source file, or if it has a slash and its first
part is a folder here. It is looked for from the root, from `Sources`, and beside the document. Words in backticks
inside the parentheses that follow a path are functions or types, and must stand in that file. Code blocks are skipped.
"""

import functools
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCUMENTS = ["README.md", "CONTRIBUTING.md", "Docs/**/*.md"]
SUFFIXES = {".swift", ".py", ".sh", ".js", ".ts", ".c", ".h", ".md", ".proto", ".json", ".tsv", ".html", ".css", ".txt"}
# Made by a build or a run, files of whoever reads, and names of sub-protocols.
NO_PATH = re.compile(r"^(\.build|\.venv|Artifacts|Data)(/|$)|^(ports|info)\.json$|^martlet\.v\d+\.\w+$")
PATH = re.compile(r"[\w.+@-]+(/[\w.+@-]+)*/?")
TICKED = re.compile(r"`([^`\n]+)`(?:\s*\(((?:`[^`\n]+`[^()`\n]*)+)\))?")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def prose(text):
    """The lines outside code blocks, with their numbers."""
    fenced = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced:
            yield number, line


@functools.cache
def names():
    """File names of the repository: one that stands without a folder has to be one of them."""
    folders = ["Sources", "Tests", "Clients", "Scripts", "Docs", "Benchmarks"]
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    return {path.name for path in files} | {path.name for path in ROOT.iterdir()}


def is_path(word):
    if not PATH.fullmatch(word) or NO_PATH.match(word):
        return False
    if pathlib.PurePath(word).suffix in SUFFIXES:
        return True
    first = word.split("/")[0]
    return "/" in word and any((base / first).is_dir() for base in (ROOT, ROOT / "Sources"))


def find(word, document):
    for base in (ROOT, ROOT / "Sources", document.parent):
        if (base / word).exists():
            return base / word
    return None


def findings(document):
    for number, line in prose(document.read_text(encoding="utf-8")):
        for word, inside in TICKED.findall(line):
            if not is_path(word):
                continue
            path = find(word, document)
            if path is None:
                if "/" in word or word not in names():
                    yield number, f"no such path: {word}"
            elif inside and path.is_file():
                text = path.read_text(encoding="utf-8")
                for name in re.findall(r"`([^`]+)`", inside):
                    if not re.search(rf"\b{re.escape(name)}\b", text):
                        yield number, f"no `{name}` in {word}"
        for target in LINK.findall(line):
            if "://" not in target and not (document.parent / target).exists():
                yield number, f"a link to nowhere: {target}"


def main():
    count = 0
    for document in sorted({path for pattern in DOCUMENTS for path in ROOT.glob(pattern)}):
        for number, what in findings(document):
            count += 1
            print(f"{document.relative_to(ROOT)}:{number}: error: {what}")
    print(f"check_docs: {count} findings")
    sys.exit(1 if count else 0)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Reads with the official protobuf runtime what the Swift tests wrote, and writes it again: the bytes are the same.

    MARTLET_GOLDEN_OUT=/tmp/frames swift test --filter GoldenFrames && ./check.py /tmp/frames
"""

import pathlib
import sys

from google.protobuf import json_format

from schema import load, to_json, to_proto


def main(folder):
    classes = load()
    failures = 0
    count = 0
    for path in sorted(pathlib.Path(folder).glob("*.pb")):
        cls = classes["ClientEnvelope" if path.name.startswith("client-") else "ServerEnvelope"]
        proto, text = path.read_bytes(), path.with_suffix(".json").read_bytes()
        from_proto = cls.FromString(proto)
        from_json = json_format.Parse(text, cls())
        count += 1
        for what, same in (
            ("both encodings say the same", from_proto == from_json),
            ("protobuf bytes", to_proto(from_json) == proto),
            ("JSON bytes", to_json(from_proto) == text),
            ("no unknown fields", len(from_proto.SerializeToString()) == len(proto)),
        ):
            if not same:
                failures += 1
                print(f"{path.name}: {what}: no", file=sys.stderr)
    if count == 0:
        sys.exit(f"{folder}: no frames")
    print(f"{count} frames, {failures} failures")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main(sys.argv[1])

#!/bin/sh
# Makes xxh64-vectors.tsv with the reference tool: sh make-xxh64.sh > xxh64-vectors.tsv
# Input of length n: byte i is (i * 131 + n) mod 256. Lengths around every boundary of the algorithm, and some long ones.
set -e
echo "# $(xxhsum --version 2>&1 | head -1)"
echo "# length	xxhsum -H64 (seed 0) of the bytes (i * 131 + length) mod 256"
for n in $(seq 0 100) 127 128 129 255 256 257 1000 1023 1024 4096 65537; do
    hash=$(python3 -c "import sys; n=$n; sys.stdout.buffer.write(bytes((i*131+n)%256 for i in range(n)))" | xxhsum -H64 - | cut -d' ' -f1)
    printf '%s\t%s\n' "$n" "$hash"
done

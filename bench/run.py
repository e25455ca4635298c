#!/usr/bin/env python3
"""Measures an engine on the SQL files of sql/: run.sh ENGINE [MEASUREMENT...]; README.md explains the numbers.

ENGINE is flink or flinkrs; the measurements are startup, first_row, and the names in CASES (default: all).
"""
import hashlib
import json
import lzma
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

from cluster import HERE, Cluster, wait_for
from engines import CACHE, ENGINES

DATA = CACHE / "bench"
EXPECTED = HERE / "expected"
RUNS = int(os.environ.get("RUNS", "3"))
IDLE_S = 10
CASES = {  # rows read, and whether the result is the same everywhere
    "tumble_csv": (5_000_000, True),
    "tumble_csv_tvf": (5_000_000, True),
    "tumble_datagen": (5_000_000, False),
    "flights_hourly": (336_776, True),
}


def prepare(case):
    """Makes the input of a case exist."""
    rows = {"tumble_csv": 5_000_000, "tumble_csv_tvf": 5_000_000, "first_row": 1000}.get(case)
    target = DATA / f"events-{rows}.csv"
    DATA.mkdir(parents=True, exist_ok=True)
    if rows and not target.exists():
        subprocess.run([HERE / "data" / "generate.py", str(rows), target], check=True)
    if case == "flights_hourly":
        subprocess.run([HERE / "data" / "fetch.sh"], check=True, stdout=subprocess.DEVNULL)


def script(case, folder):
    """The case's SQL file with its folders filled in."""
    out = folder / f"{case}.out"
    shutil.rmtree(out, ignore_errors=True)
    text = (HERE / "sql" / f"{case}.sql").read_text().replace("${CACHE}", str(DATA)).replace("${OUT}", str(out))
    path = folder / f"{case}.sql"
    path.write_text(text)
    return path, out


def result_lines(out):
    files = [f for f in out.rglob("*") if f.is_file() and not f.name.startswith((".", "_"))]
    return sorted(line for f in files for line in f.read_text().splitlines())


def check(case, lines, engine):
    """Compares a result with what the real Flink gave; Flink itself writes it."""
    text = "".join(line + "\n" for line in lines).encode()
    if case == "tumble_datagen":
        counted = sum(int(line.split(",")[2]) for line in lines)
        return "every row counted" if counted == CASES[case][0] else f"WRONG: {counted} rows counted"
    stored = EXPECTED / ("flights_hourly.csv.xz" if case == "flights_hourly" else "tumble_csv.sha256")
    new = lzma.compress(text, preset=9) if stored.suffix == ".xz" else f"{hashlib.sha256(text).hexdigest()} {len(lines)} lines\n".encode()
    if engine.name.startswith("flink-") and not stored.exists():
        stored.write_bytes(new)
    same = (lzma.decompress(stored.read_bytes()) == text) if stored.suffix == ".xz" else stored.read_bytes() == new
    return f"equal to Flink's {len(lines)} rows" if same else "DIFFERS from Flink's result"


def measure_case(case, engine, folder):
    prepare(case)
    runs = []
    with Cluster(engine, folder) as cluster:
        for _ in range(RUNS):
            path, out = script(case, folder)
            runs.append(cluster.run(path))
            verdict = check(case, result_lines(out), engine)
        peak = cluster.taskmanager.rss_mb()
    best = {key: min(run[key] for run in runs) for key in runs[0]}
    rows = CASES[case][0]
    return {
        "rows": rows,
        "first_wall_s": round(runs[0]["wall_s"], 2),
        "wall_s": round(best["wall_s"], 2),
        "taskmanager_cpu_s": round(best["taskmanager_cpu_s"], 2),
        "jobmanager_cpu_s": round(best["jobmanager_cpu_s"], 2),
        "rows_per_s": round(rows / best["wall_s"]),
        "rows_per_cpu_s": round(rows / best["taskmanager_cpu_s"]),
        "taskmanager_rss_mb": round(peak),
        "result": verdict,
    }


def measure_startup(engine, folder):
    answers = []
    for i in range(RUNS):
        with Cluster(engine, folder / str(i)) as cluster:
            time.sleep(IDLE_S if i == RUNS - 1 else 0)
            cpu_s = cluster.jobmanager.cpu_seconds() + cluster.taskmanager.cpu_seconds()
            answers.append((cluster.registered_ms, cluster.rest_ready_ms, cluster.jobmanager.rss_mb(), cluster.taskmanager.rss_mb(), cpu_s))
    best = min(answers)
    return {
        "rest_ready_ms": round(best[1]),
        "taskmanager_registered_ms": round(best[0]),
        "cpu_s": round(min(answer[4] for answer in answers), 2),
        "idle_jobmanager_rss_mb": round(answers[-1][2], 1),
        "idle_taskmanager_rss_mb": round(answers[-1][3], 1),
    }


def measure_first_row(engine, folder):
    """From launching both processes to the first printed row; the client is started when the TaskManager has registered."""
    prepare("first_row")
    times = []
    for i in range(RUNS):
        with Cluster(engine, folder / str(i)) as cluster, ThreadPoolExecutor(1) as client:
            path, _ = script("first_row", cluster.folder)
            submission = client.submit(cluster.run, path)
            wait_for(lambda: b"+I[" in cluster.taskmanager.log.read_bytes() or submission.done(), 60, "the first row")
            times.append(time.monotonic() - cluster.launched)
            submission.result()
    return {"first_row_s": round(min(times), 2)}


def main(arguments):
    if not arguments or arguments[0] not in ENGINES:
        raise SystemExit(__doc__)
    engine = ENGINES[arguments[0]]()
    measurements = {"startup": measure_startup, "first_row": measure_first_row}
    wanted = arguments[1:] or [*measurements, *CASES]
    work = pathlib.Path(tempfile.mkdtemp(prefix="flinkrs-bench-"))
    results = HERE / "results" / f"{engine.name}.json"
    results.parent.mkdir(exist_ok=True)
    stored = json.loads(results.read_text()) if results.exists() else {}
    cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    stored["machine"] = f"{os.cpu_count()} cores, {cpu[1] if cpu else platform.machine()}, {platform.system()}"
    for name in wanted:
        folder = work / name
        folder.mkdir()
        load = os.getloadavg()[0]
        measured = measurements[name](engine, folder) if name in measurements else measure_case(name, engine, folder)
        stored[name] = {**measured, "load_before": round(load, 1)}
        print(f"{engine.name} {name}: {json.dumps(measured)}", flush=True)
        results.write_text(json.dumps(stored, indent=1) + "\n")
    shutil.rmtree(work)


if __name__ == "__main__":
    main(sys.argv[1:])

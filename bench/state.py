#!/usr/bin/env python3
"""Measures keyed state, checkpoints and recovery: state.py ENGINE [keys|budget|recovery|day|pauses]...; README.md explains the numbers.

ENGINE is flink or flinkrs. The input is a folder of CSV files that the job watches, so that it goes on while checkpoints are taken.
"""
import hashlib
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

from cluster import Cluster, wait_for
from engines import ENGINES

KEYS = int(os.environ.get("KEYS", "10000000"))
PAUSES = int(os.environ.get("PAUSES", "20"))


class StateCluster(Cluster):
    """A cluster whose job is submitted and left running; TaskManagers can be added and killed."""

    def __init__(self, engine, folder, options):
        incremental = {
            "state.backend.type": "rocksdb",
            "execution.checkpointing.incremental": "true",
            "execution.checkpointing.dir": f"file://{folder}/checkpoints",
            "execution.checkpointing.num-retained": 3,
        }
        super().__init__(engine, folder, incremental | options)
        self.spares = []

    def add_taskmanager(self):
        folder = self.folder / f"spare{len(self.spares)}"
        folder.mkdir()
        self.spares.append(self.engine.launch("taskmanager", self.options(), folder))
        wait_for(lambda: (self.overview() or {}).get("taskmanagers") == 1 + len(self.spares), 120, "the registration")
        return self.spares[-1]

    def __exit__(self, *reason):
        for spare in self.spares:
            spare.stop()
        super().__exit__(*reason)

    def start_job(self, sql):
        script = self.folder / "job.sql"
        script.write_text(sql)
        threading.Thread(target=self.submit_quietly, args=(script,), daemon=True).start()
        wait_for(lambda: self.get("/jobs")["jobs"], 120, "the submission")
        self.job = self.get("/jobs")["jobs"][0]["id"]
        wait_for(self.runs, 120, "the job running")

    def submit_quietly(self, script):
        try:
            self.engine.submit(f"127.0.0.1:{self.rest}", script, self.folder)
        except SystemExit:
            pass  # the cluster is stopped under it

    def runs(self):
        job = self.get(f"/jobs/{self.job}")
        if job["state"] == "FAILED":
            raise SystemExit(f"bench: the job failed: {self.get(f'/jobs/{self.job}/exceptions')}")
        return job["state"] == "RUNNING" and all(vertex["status"] == "RUNNING" for vertex in job["vertices"])

    def records(self):
        """Rows that the vertex behind the sources has taken."""
        vertices = self.get(f"/jobs/{self.job}")["vertices"]
        return max(vertex["metrics"]["read-records"] for vertex in vertices[1:] or vertices)

    def post(self, path, body):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.rest}{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def checkpoint(self, kind="CONFIGURED"):
        trigger = self.post(f"/jobs/{self.job}/checkpoints", {"checkpointType": kind})["request-id"]
        status = lambda: self.get(f"/jobs/{self.job}/checkpoints/{trigger}")
        wait_for(lambda: status()["status"]["id"] == "COMPLETED", 600, "a checkpoint")
        done = status()["operation"]
        if "checkpointId" not in done:
            raise SystemExit(f"bench: the checkpoint failed: {done}")
        return self.get(f"/jobs/{self.job}/checkpoints/details/{done['checkpointId']}")

    def sync_ms(self, checkpoint):
        """The longest synchronous part of any subtask."""
        longest = 0
        for vertex in checkpoint["tasks"]:
            details = self.get(f"/jobs/{self.job}/checkpoints/details/{checkpoint['id']}/subtasks/{vertex}")
            for subtask in details["subtasks"]:
                longest = max(longest, subtask.get("checkpoint", {}).get("sync", 0))
        return longest


def write_rows(folder, name, keys):
    """A file of rows that appears at once."""
    part = folder.parent / f"{name}.part"
    with open(part, "w", encoding="ascii") as out:
        batch = []
        for key in keys:
            batch.append(f"{key},{key % 1000}\n")
            if len(batch) == 100_000:
                out.writelines(batch)
                batch.clear()
        out.writelines(batch)
    part.rename(folder / name)


def job_sql(folder, sink="'connector'='blackhole'", monitor=True):
    watch = ",'source.monitor-interval'='100ms'" if monitor else ""
    return f"""CREATE TABLE events (k BIGINT, v BIGINT) WITH ('connector'='filesystem','path'='{folder}','format'='csv'{watch});
CREATE TABLE sums (k BIGINT, n BIGINT, total BIGINT) WITH ({sink});
INSERT INTO sums SELECT k, COUNT(*), SUM(v) FROM events GROUP BY k;
"""


def keys(engine, folder):
    """10 million keys: full and incremental checkpoints, the synchronous pause, kill -9 to running."""
    events = folder / "events"
    events.mkdir()
    write_rows(events, "all.csv", range(KEYS))
    options = {"taskmanager.memory.managed.size": "2g"}
    options |= {"taskmanager.memory.process.size": "4g"} if engine.name.startswith("flink-") else {}
    options |= {"heartbeat.interval": 500, "heartbeat.timeout": 3000} if engine.name.startswith("flink-") else {}
    # What Flink's REST says of a job is three seconds old by default, longer than a restart takes.
    options |= {"web.refresh-interval": 100} if engine.name.startswith("flink-") else {}
    options |= {"execution.checkpointing.interval": "1h"}
    rng = random.Random(1)
    with StateCluster(engine, folder, options) as cluster:
        began, cpu = time.monotonic(), cluster.taskmanager.cpu_seconds()
        cluster.start_job(job_sql(events))
        wait_for(lambda: cluster.records() >= KEYS, 3600, "loading")
        loaded = time.monotonic() - began
        figures = {
            "keys": KEYS,
            "load_rows_per_s": round(KEYS / loaded),
            "load_rows_per_cpu_s": round(KEYS / (cluster.taskmanager.cpu_seconds() - cpu)),
        }
        full = cluster.checkpoint()
        figures |= {"full_mb": full["checkpointed_size"] / 1e6, "full_s": full["end_to_end_duration"] / 1000}
        figures["full_sync_ms"] = cluster.sync_ms(full)
        expected, pauses, incremental = KEYS, [], []
        for turn in range(PAUSES):
            changed = sorted(rng.sample(range(KEYS), KEYS // 100))
            write_rows(events, f"changed{turn}.csv", changed)
            expected += len(changed)
            wait_for(lambda: cluster.records() >= expected, 600, "the changed keys")
            checkpoint = cluster.checkpoint()
            incremental.append((checkpoint["checkpointed_size"] / 1e6, checkpoint["end_to_end_duration"] / 1000))
            pauses.append(cluster.sync_ms(checkpoint))
        pauses.sort()
        figures |= {
            "incremental_mb_first": incremental[0][0],
            "incremental_mb_median": sorted(size for size, _ in incremental)[len(incremental) // 2],
            "incremental_s_median": sorted(seconds for _, seconds in incremental)[len(incremental) // 2],
            "sync_ms_p50": pauses[len(pauses) // 2],
            "sync_ms_p99": pauses[-1],
            "taskmanager_rss_mb": cluster.taskmanager.rss_mb(),
        }
        cluster.add_taskmanager()
        killed = time.monotonic()
        cluster.taskmanager.process.kill()
        wait_for(lambda: not cluster.runs(), 120, "the failure being noticed")
        noticed = time.monotonic() - killed
        wait_for(cluster.runs, 600, "the job running again")
        figures |= {"kill_to_noticed_s": noticed, "kill_to_running_s": time.monotonic() - killed}
        changed = rng.sample(range(KEYS), KEYS // 100)
        write_rows(events, "after.csv", changed)
        wait_for(lambda: cluster.records() >= len(changed), 600, "rows after the recovery")
        figures["kill_to_1_percent_processed_s"] = time.monotonic() - killed
    return figures


def budget(engine, folder):
    """State ten times larger than the budget: memory over time, rows per CPU second; the same results as with room for all."""
    events = folder / "events"
    events.mkdir()
    count = KEYS
    rng = random.Random(2)
    write_rows(events, "1.csv", range(count))
    write_rows(events, "2.csv", (rng.randrange(count) for _ in range(count // 2)))
    managed = os.environ.get("MANAGED", "64m")
    options = {"taskmanager.memory.managed.size": managed, "execution.checkpointing.interval": "10s"}
    rss, figures = [], {"keys": count, "managed": managed}
    with StateCluster(engine, folder, options) as cluster:
        cpu, began = cluster.taskmanager.cpu_seconds(), time.monotonic()
        figures["rss_mb_before"] = cluster.taskmanager.rss_mb()
        cluster.start_job(job_sql(events, monitor=False))
        rows = count + count // 2

        def ended():
            rss.append(cluster.taskmanager.rss_mb())
            time.sleep(0.5)
            return cluster.get(f"/jobs/{cluster.job}")["state"] not in ("RUNNING", "CREATED")

        wait_for(ended, 7200, "the end of the job")
        state = cluster.get(f"/jobs/{cluster.job}")["state"]
        if state != "FINISHED":
            raise SystemExit(f"bench: the job is {state}")
        figures |= {
            "rows_per_s": round(rows / (time.monotonic() - began)),
            "rows_per_cpu_s": round(rows / (cluster.taskmanager.cpu_seconds() - cpu)),
            "rss_mb_max": max(rss),
            "rss_mb_every_tenth": [round(mb) for mb in rss[:: max(1, len(rss) // 10)]],
            "state_mb": cluster.get(f"/jobs/{cluster.job}/checkpoints")["latest"]["completed"]["state_size"] / 1e6,
        }
    tight = results(engine, folder / "tight", events, options)
    ample = results(engine, folder / "ample", events, options | {"taskmanager.memory.managed.size": "4g"})
    if tight != ample or tight[0] != count:
        raise SystemExit(f"bench: with {managed} the results are {tight} (rows, digest), with room for all {ample}")
    return figures | {"results": tight[0], "results_equal": True}


def results(engine, folder, events, options):
    """The rows that the job ends with, as their number and a digest that does not depend on their order."""
    folder.mkdir()
    rows, digest = 0, 0
    with StateCluster(engine, folder, options) as cluster:
        cluster.start_job(job_sql(events, sink="'connector'='print'", monitor=False))
        wait_for(lambda: cluster.get(f"/jobs/{cluster.job}")["state"] not in ("RUNNING", "CREATED"), 7200, "the end of the job")
    for log in folder.glob("taskmanager*"):
        with open(log, "rb") as lines:
            for line in lines:
                if line[:3] in (b"+I[", b"+U[", b"-U[", b"-D["):
                    sign = 1 if line[:1] == b"+" else -1
                    rows += sign
                    digest += sign * int.from_bytes(hashlib.blake2b(line[2:], digest_size=8).digest(), "big")
    return rows, digest


def recovery(engine, folder):
    """A small job, default settings, spare slots, kill -9 of the TaskManager that runs it: seconds until it runs again, and restarts."""
    events = folder / "events"
    events.mkdir()
    write_rows(events, "1.csv", range(10_000))
    options = {"execution.checkpointing.interval": "1s"}
    with StateCluster(engine, folder, options) as cluster:
        cluster.start_job(job_sql(events))
        wait_for(lambda: cluster.get(f"/jobs/{cluster.job}/checkpoints")["counts"]["completed"] > 0, 60, "a checkpoint")
        cluster.add_taskmanager()
        vertex = cluster.get(f"/jobs/{cluster.job}")["vertices"][0]["id"]
        restarts = lambda: cluster.get(f"/jobs/{cluster.job}/vertices/{vertex}")["subtasks"][0]["attempt"]
        killed = time.monotonic()
        cluster.taskmanager.process.kill()
        wait_for(lambda: restarts() > 0, 120, "a restart")
        wait_for(cluster.runs, 300, "the job running again")
        running = time.monotonic() - killed
        time.sleep(5)
        return {"kill_to_running_s": running, "restarts": restarts()}


# Rows of a day, one each 86.4 s / ROWS. Of 100 million keys hardly any comes twice, so that state that stays is seen.
DAY = """CREATE TABLE {name} (n BIGINT, k INT, v INT, ts AS TO_TIMESTAMP(FROM_UNIXTIME(CAST(n * 86400.0 / {rows} AS BIGINT))),
  WATERMARK FOR ts AS ts - INTERVAL '1' SECOND)
WITH ('connector'='datagen', 'rows-per-second'='{pace}', 'fields.n.kind'='sequence', 'fields.n.start'='0', 'fields.n.end'='{last}',
  'fields.k.min'='0', 'fields.k.max'='{keys}');
"""
OF_A_DAY = {
    "tumble": "SELECT window_start, k, COUNT(*), SUM(v) FROM TABLE(TUMBLE(TABLE a, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end, k",
    "hop": "SELECT window_start, k, COUNT(*), SUM(v) FROM TABLE(HOP(TABLE a, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, k",
    "session": "SELECT window_start, k, COUNT(*), SUM(v) FROM TABLE(SESSION(TABLE a PARTITION BY k, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end, k",
    "window_join": "SELECT l.window_start, l.k, l.v, r.v FROM (SELECT * FROM TABLE(TUMBLE(TABLE a, DESCRIPTOR(ts), INTERVAL '10' SECOND))) l JOIN (SELECT * FROM TABLE(TUMBLE(TABLE b, DESCRIPTOR(ts), INTERVAL '10' SECOND))) r ON l.k = r.k AND l.window_start = r.window_start AND l.window_end = r.window_end",
    "interval_join": "SELECT a.ts, a.k, a.v, b.v FROM a JOIN b ON a.k = b.k AND a.ts BETWEEN b.ts - INTERVAL '10' SECOND AND b.ts",
    "window_top_n": "SELECT window_start, k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, k ORDER BY v DESC) AS r FROM TABLE(TUMBLE(TABLE a, DESCRIPTOR(ts), INTERVAL '10' SECOND))) WHERE r <= 3",
}


def day(engine, folder):
    """A day of event time through windows of 10 seconds, and joins of rows that are so close: the state does not grow."""
    rows, seconds = int(os.environ.get("ROWS", "3000000")), 30
    text = {"rows": rows, "last": rows - 1, "pace": rows // seconds, "keys": 100_000_000}
    tables = DAY.format(name="a", **text) + DAY.format(name="b", **text)
    figures = {"rows": rows}
    for name, query in OF_A_DAY.items():
        columns = {"window_top_n": "w TIMESTAMP(3), k INT, v INT", "window_join": "w TIMESTAMP(3), k INT, v INT, u INT"}
        columns = columns.get(name, "w TIMESTAMP(3), k INT, c INT, v INT" if name == "interval_join" else "w TIMESTAMP(3), k INT, c BIGINT, v INT")
        sql = f"{tables}CREATE TABLE gone ({columns}) WITH ('connector'='blackhole');\nINSERT INTO gone {query};\n"
        (folder / name).mkdir()
        with StateCluster(engine, folder / name, {"execution.checkpointing.interval": "1s"}) as cluster:
            cluster.start_job(sql)
            samples = []  # of each checkpoint: bytes of state, resident MB of the TaskManager when it was seen
            while cluster.get(f"/jobs/{cluster.job}")["state"] == "RUNNING":
                completed = cluster.get(f"/jobs/{cluster.job}/checkpoints")["latest"]["completed"]
                if completed and (not samples or samples[-1][0] != completed["id"]):
                    samples.append((completed["id"], completed["state_size"] / 1e6, cluster.taskmanager.rss_mb()))
                time.sleep(0.1)
            state = cluster.get(f"/jobs/{cluster.job}")["state"]
        if state != "FINISHED" or len(samples) < 6:
            raise SystemExit(f"bench: {name} is {state} after {len(samples)} checkpoints")
        third = len(samples) // 3
        most = lambda part, index: round(max(sample[index] for sample in part), 2)
        figures[name] = {
            "state_mb_max_by_third": [most(part, 1) for part in (samples[:third], samples[third : 2 * third], samples[2 * third :])],
            "state_mb_last": round(samples[-1][1], 2),
            "rss_mb_max_by_third": [most(part, 2) for part in (samples[:third], samples[third : 2 * third], samples[2 * third :])],
        }
        print(name, json.dumps(figures[name]), flush=True)
    return figures


# What each operator keeps of a key stays until the job ends.
KEPT = {
    "group": "SELECT k, COUNT(*), SUM(v) FROM events GROUP BY k",
    "top_n": "SELECT k, v, n FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC) AS n FROM events) WHERE n <= 2",
    "last_row": "SELECT k, v, 1 FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS n FROM events) WHERE n = 1",
    "over": "SELECT k, v, SUM(v) OVER (PARTITION BY k ORDER BY p ROWS BETWEEN 3 PRECEDING AND CURRENT ROW) FROM (SELECT *, PROCTIME() AS p FROM events)",
    "tumble": "SELECT k, COUNT(*), SUM(v) FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(ts), INTERVAL '1' DAY)) GROUP BY k, window_start, window_end",
    "session": "SELECT k, COUNT(*), SUM(v) FROM TABLE(SESSION(TABLE events PARTITION BY k, DESCRIPTOR(ts), INTERVAL '1' DAY)) GROUP BY k, window_start, window_end",
    "interval_join": "SELECT a.k, a.v, b.v FROM events a JOIN events b ON a.k = b.k + 1000000000 AND a.ts BETWEEN b.ts - INTERVAL '1' DAY AND b.ts",
}


def pauses(engine, folder):
    """The synchronous part of checkpoints, by operator: of all KEYS (2,000,000), then of those with a tenth of them changed."""
    count, figures = int(os.environ.get("KEYS", "2000000")), {}
    options = {"taskmanager.memory.managed.size": "2g", "execution.checkpointing.interval": "1h"}
    options |= {"taskmanager.memory.process.size": "4g"} if engine.name.startswith("flink-") else {}
    rng = random.Random(3)
    for name in os.environ.get("OPERATORS", ",".join(KEPT)).split(","):
        work = folder / name
        events = work / "events"
        events.mkdir(parents=True)
        write_rows(events, "all.csv", range(count))
        sql = f"""CREATE TABLE events (k BIGINT, v BIGINT, ts AS TO_TIMESTAMP(FROM_UNIXTIME(1700000000 + v)), WATERMARK FOR ts AS ts - INTERVAL '1' HOUR)
WITH ('connector'='filesystem','path'='{events}','format'='csv','source.monitor-interval'='100ms');
CREATE TABLE gone (k BIGINT, n BIGINT, total BIGINT) WITH ('connector'='blackhole');
INSERT INTO gone {KEPT[name]};
"""
        with StateCluster(engine, work, options) as cluster:
            cluster.start_job(sql)
            wait_for(lambda: cluster.records() >= count, 3600, "loading")
            full = cluster.checkpoint()
            changed, expected = [], count
            for turn in range(3):
                keys = sorted(rng.sample(range(count), count // 10))
                write_rows(events, f"changed{turn}.csv", keys)
                expected += len(keys)
                wait_for(lambda: cluster.records() >= expected, 600, "the changed keys")
                changed.append(cluster.sync_ms(cluster.checkpoint()))
            figures[name] = {"keys": count, "all_sync_ms": cluster.sync_ms(full), "all_s": full["end_to_end_duration"] / 1000, "tenth_sync_ms": sorted(changed)}
        print(name, json.dumps(figures[name]), flush=True)
    return figures


MEASUREMENTS = {"keys": keys, "budget": budget, "recovery": recovery, "day": day, "pauses": pauses}


def main():
    engine = ENGINES[sys.argv[1]]()
    for name in sys.argv[2:] or MEASUREMENTS:
        with tempfile.TemporaryDirectory(prefix="flinkrs-bench-", ignore_cleanup_errors=True) as folder:
            figures = MEASUREMENTS[name](engine, pathlib.Path(folder))
        print(json.dumps({"engine": engine.name, "measurement": name, **figures}, indent=1), flush=True)


if __name__ == "__main__":
    main()

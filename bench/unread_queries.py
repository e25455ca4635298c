#!/usr/bin/env python3
"""Opens many gateway sessions, each with an unbounded query that nobody reads, and prints the memory of JobManager and TaskManager meanwhile.

    bench/unread_queries.py FLINKRS [SESSIONS] [SECONDS]

FLINKRS is the binary. Everything listens on loopback, and ends with this program.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

TABLE = ("CREATE TABLE t (id BIGINT, name STRING) WITH ('connector' = 'datagen', 'rows-per-second' = '1000000', "
         "'fields.name.length' = '100')")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def call(base, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(base + path, data=data, headers={"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def until(what, holds, seconds=120):
    deadline = time.time() + seconds
    while time.time() < deadline:
        try:
            if holds():
                return
        except OSError:
            pass
        time.sleep(0.2)
    sys.exit(f"waited {seconds} s in vain for {what}")


def execute(gateway, session, statement):
    """Runs a statement, waits until it has a result, and takes no more of it than its first page."""
    operation = call(gateway, f"/v1/sessions/{session}/statements", {"statement": statement})["operationHandle"]
    status = lambda: call(gateway, f"/v1/sessions/{session}/operations/{operation}/status")["status"]
    until(statement, lambda: status() not in ("INITIALIZED", "PENDING", "RUNNING"))
    if status() != "FINISHED":
        sys.exit(f"{statement}: {status()}")


def resident(process):
    with open(f"/proc/{process.pid}/statm") as statm:
        return int(statm.read().split()[1]) * 4096 / 2**20


def main():
    binary = os.path.abspath(sys.argv[1])
    sessions = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    seconds = int(sys.argv[3]) if len(sys.argv) > 3 else 60
    rest, rpc, sql = free_port(), free_port(), free_port()
    common = [f"-Djobmanager.rpc.port={rpc}", "-Djobmanager.rpc.address=127.0.0.1", "-Dtaskmanager.host=127.0.0.1",
              "-Drest.address=127.0.0.1", f"-Drest.port={rest}", f"-Dsql-gateway.endpoint.rest.port={sql}",
              f"-Dtaskmanager.numberOfTaskSlots={sessions}"]
    with tempfile.TemporaryDirectory() as folder:
        start = lambda role: subprocess.Popen([binary, role, *common], cwd=folder, stderr=subprocess.DEVNULL)
        jobmanager, taskmanager = start("jobmanager"), start("taskmanager")
        try:
            cluster, gateway = f"http://127.0.0.1:{rest}", f"http://127.0.0.1:{sql}"
            until("the cluster", lambda: call(cluster, "/overview")["taskmanagers"] == 1)
            print(f"idle: JobManager {resident(jobmanager):.0f} MiB, TaskManager {resident(taskmanager):.0f} MiB")
            for number in range(sessions):
                session = call(gateway, "/v1/sessions", {})["sessionHandle"]
                execute(gateway, session, TABLE)
                execute(gateway, session, "SELECT * FROM t")
            until("all jobs to run", lambda: call(cluster, "/overview")["jobs-running"] == sessions)
            began, peaks = time.time(), [0.0, 0.0]
            while time.time() - began < seconds:
                now = [resident(jobmanager), resident(taskmanager)]
                peaks = [max(pair) for pair in zip(peaks, now)]
                print(f"{time.time() - began:5.0f} s: JobManager {now[0]:.0f} MiB, TaskManager {now[1]:.0f} MiB", flush=True)
                time.sleep(max(1, seconds / 6))
            print(f"{sessions} sessions, highest: JobManager {peaks[0]:.0f} MiB, TaskManager {peaks[1]:.0f} MiB")
        finally:
            for process in (taskmanager, jobmanager):
                process.terminate()
                process.wait(timeout=30)


if __name__ == "__main__":
    main()

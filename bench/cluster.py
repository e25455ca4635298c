"""A cluster of one JobManager and one TaskManager as two processes, of either engine, and what they cost.

Both engines are driven alike: the same configuration keys, the same REST API, the same SQL files.
"""
import json
import os
import pathlib
import socket
import subprocess
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
TICKS = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(condition, seconds, what):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"bench: {what} did not happen within {seconds} s")
        time.sleep(0.002)


class Role:
    """One server process: its output and its use of CPU and memory, read from /proc."""

    def __init__(self, command, env, log):
        self.log = log
        with open(log, "wb") as out:
            self.process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out)

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def rss_mb(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024

    def peak_rss_mb(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Cluster:
    """Starts on entry, is usable when the TaskManager has registered, stops on exit."""

    def __init__(self, engine, folder, options=None):
        self.engine, self.folder, self.more = engine, folder, options or {}
        self.rest, self.rpc = free_port(), free_port()

    def options(self):
        loopback = ["jobmanager.rpc.address", "jobmanager.bind-host", "rest.address", "rest.bind-address"]
        loopback += ["taskmanager.host", "taskmanager.bind-host"]
        return {
            **{key: "127.0.0.1" for key in loopback},
            "jobmanager.rpc.port": self.rpc,
            "rest.port": self.rest,
            "parallelism.default": 1,
            "taskmanager.numberOfTaskSlots": 1,
            "io.tmp.dirs": self.folder / "tmp",
            **self.more,
        }

    def __enter__(self):
        (self.folder / "tmp").mkdir(parents=True, exist_ok=True)
        launched = time.monotonic()
        self.jobmanager = self.engine.launch("jobmanager", self.options(), self.folder)
        self.taskmanager = self.engine.launch("taskmanager", self.options(), self.folder)
        self.launched = launched
        try:
            wait_for(lambda: self.overview() is not None, 120, "REST being ready")
            self.rest_ready_ms = (time.monotonic() - launched) * 1000
            wait_for(lambda: (self.overview() or {}).get("taskmanagers") == 1, 120, "the TaskManager's registration")
            self.registered_ms = (time.monotonic() - launched) * 1000
        except SystemExit:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.taskmanager.stop()
        self.jobmanager.stop()

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.rest}{path}", timeout=5) as answer:
            return json.load(answer)

    def overview(self):
        try:
            return self.get("/overview")
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return None

    def run(self, script):
        """Runs a script; returns the job's own wall seconds and the CPU seconds of the JobManager and the TaskManager."""
        before = self.jobmanager.cpu_seconds(), self.taskmanager.cpu_seconds()
        jobs_before = {job["jid"] for job in self.get("/jobs/overview")["jobs"]}
        self.engine.submit(f"127.0.0.1:{self.rest}", script, self.folder)
        after = self.jobmanager.cpu_seconds(), self.taskmanager.cpu_seconds()
        jobs = [job for job in self.get("/jobs/overview")["jobs"] if job["jid"] not in jobs_before]
        wrong = [f"{job['name']}: {job['state']}" for job in jobs if job["state"] != "FINISHED"]
        if wrong or not jobs:
            raise SystemExit(f"bench: {wrong or 'no job was submitted'}; see {self.folder}")
        return {
            "wall_s": sum(job["duration"] for job in jobs) / 1000,
            "jobmanager_cpu_s": after[0] - before[0],
            "taskmanager_cpu_s": after[1] - before[1],
        }

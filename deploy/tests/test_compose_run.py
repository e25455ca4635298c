"""Every flinkrs service of the compose files runs with its own command and environment, does a job, and ends when it is told to."""
import json
import re
import signal
import subprocess
import sys
import urllib.request

import pytest

import compose
from conftest import DEPLOY, ROOT

COUNTS = """
CREATE TABLE clicks (page INT) WITH ('connector'='datagen','rows-per-second'='100','fields.page.min'='1','fields.page.max'='10');
CREATE TABLE visits (page INT, clicks BIGINT) WITH ('connector'='blackhole');
SET 'execution.checkpointing.interval' = '200 ms';
INSERT INTO visits SELECT page, COUNT(*) FROM clicks GROUP BY page;
"""


def get(address, path):
    with urllib.request.urlopen(f"http://{address}:8081{path}", timeout=10) as answer:
        return json.load(answer)


def submit(container, folder, text):
    """The id of the job of a script."""
    script = folder / "job.sql"
    script.write_text(text)
    done = container.run("flink", "run", "-d", str(script))
    assert done.returncode == 0, done.stdout + done.stderr
    return re.search(r"[0-9a-f]{32}", done.stdout)[0]


@pytest.fixture
def quickstart(image_root, tmp_path):
    cluster = compose.Cluster(compose.load(DEPLOY / "docker-compose.quickstart.yml"), DEPLOY, image_root, tmp_path)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


def test_quickstart(quickstart, tmp_path):
    jobmanager, taskmanagers = quickstart.of("jobmanager")[0], quickstart.of("taskmanager")
    at = jobmanager.address
    assert len(taskmanagers) == 2
    compose.until("all TaskManagers", lambda: get(at, "/overview")["slots-total"] == 4)

    query = jobmanager.run("flink", "run", "-o", "json", "examples/purchases.sql")
    assert query.returncode == 0, query.stderr
    expected = (ROOT / "examples/data/purchases.expected.csv").read_text().splitlines()
    assert len(query.stdout.splitlines()) == len(expected) - expected[0].startswith("user")

    job = submit(jobmanager, tmp_path, COUNTS)
    compose.until("checkpoints", lambda: get(at, f"/jobs/{job}/checkpoints")["counts"]["completed"] > 1)
    assert job in jobmanager.run("flink", "list").stdout
    stopped = jobmanager.run("flink", "stop", job)
    assert stopped.returncode == 0, stopped.stderr
    assert list((tmp_path / "volumes/data/savepoints").glob("savepoint-*/_metadata")), "the volume has the savepoint"

    script = tmp_path / "session.sql"
    script.write_text("SELECT * FROM (VALUES (1), (2)) AS t (n);")
    session = jobmanager.run("sql-client.sh", "-f", str(script))
    assert session.returncode == 0, session.stdout + session.stderr

    for container in [*taskmanagers, jobmanager]:
        assert container.stop() == 0, container.log.read_text()


def test_flinks_own_compose_file_with_another_image(image_root, tmp_path):
    """The session cluster of Flink's documentation, word for word but for the image."""
    file = tmp_path / "compose.yml"
    file.write_text("""
services:
  jobmanager:
    image: flinkrs:latest
    ports:
      - "8081:8081"
    command: jobmanager
    environment:
      - |
        FLINK_PROPERTIES=
        jobmanager.rpc.address: jobmanager

  taskmanager:
    image: flinkrs:latest
    depends_on:
      - jobmanager
    command: taskmanager
    deploy:
      replicas: 1
    environment:
      - |
        FLINK_PROPERTIES=
        jobmanager.rpc.address: jobmanager
        taskmanager.numberOfTaskSlots: 2
""")
    cluster = compose.Cluster(compose.load(file), tmp_path, image_root, tmp_path)
    try:
        for container in cluster.containers:
            container.start()
        at = cluster.addresses["jobmanager"]
        compose.until("the slots", lambda: get(at, "/overview")["slots-total"] == 2)
        for container in cluster.containers:
            assert container.stop() == 0, container.log.read_text()
    finally:
        cluster.stop()


@pytest.fixture
def cluster(image_root, tmp_path):
    """docker-compose.yml, with another S3 server in the place of MinIO."""
    cluster = compose.Cluster(compose.load(DEPLOY / "docker-compose.yml"), DEPLOY, image_root, tmp_path, ["minio"])
    store = cluster.addresses["minio"]
    with (tmp_path / "minio.log").open("wb") as log:
        server = subprocess.Popen([sys.executable, "-m", "moto.server", "-H", store, "-p", "9000"], stdout=log, stderr=log)
    try:
        compose.until("the S3 server", lambda: urllib.request.urlopen(f"http://{store}:9000", timeout=10))
        urllib.request.urlopen(urllib.request.Request(f"http://{store}:9000/flinkrs", method="PUT"), timeout=10)
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
        server.terminate()
        server.wait()


def test_cluster_survives_its_leader(cluster, tmp_path):
    jobmanagers = [c for c in cluster.containers if c.service.startswith("jobmanager")]
    taskmanagers = cluster.of("taskmanager")
    assert (len(jobmanagers), len(taskmanagers)) == (3, 2)
    for jobmanager in jobmanagers:
        compose.until("every JobManager tells of all TaskManagers", lambda at=jobmanager.address: get(at, "/overview")["slots-total"] == 4)
    job = submit(jobmanagers[1], tmp_path, COUNTS)

    def completed(at):
        return get(at, f"/jobs/{job}/checkpoints")["counts"]["completed"]

    compose.until("checkpoints in S3", lambda: completed(jobmanagers[0].address) > 1)
    for container in jobmanagers + taskmanagers:
        with urllib.request.urlopen(f"http://{container.address}:9249/metrics", timeout=10) as metrics:
            assert b"flink_" in metrics.read(), f"Prometheus finds metrics of {container.name}"

    leader = next(c for c in jobmanagers if get(c.address, "/overview")["leader"].split(":")[0] == c.address)
    leader.stop(signal.SIGKILL)
    left = [c for c in jobmanagers if c is not leader]
    seen = compose.until("checkpoints under another leader", lambda: completed(left[0].address))
    compose.until("more checkpoints", lambda: completed(left[0].address) > seen)
    assert get(left[1].address, f"/jobs/{job}")["state"] == "RUNNING"

    leader.start()
    compose.until("it is back", leader.healthy)
    taskmanagers[0].stop(signal.SIGKILL)
    taskmanagers[0].start()
    compose.until("a TaskManager is back", taskmanagers[0].healthy)
    compose.until("the job runs", lambda: get(leader.address, f"/jobs/{job}")["state"] == "RUNNING")
    for container in taskmanagers + jobmanagers:
        assert container.stop() == 0, container.log.read_text()


def test_rolling_restart(cluster, tmp_path):
    """Every process, one by one, under a job whose every row has to be there once."""
    jobmanagers = [c for c in cluster.containers if c.service.startswith("jobmanager")]
    taskmanagers, rows, at = cluster.of("taskmanager"), 60_000, jobmanagers[0].address
    job = submit(jobmanagers[0], tmp_path, f"""
        CREATE TABLE numbers (n BIGINT) WITH ('connector'='datagen','rows-per-second'='3000','fields.n.kind'='sequence','fields.n.start'='1','fields.n.end'='{rows}');
        CREATE TABLE files (n BIGINT) WITH ('connector'='filesystem','path'='file://{tmp_path}/files','format'='csv');
        SET 'execution.checkpointing.interval' = '500 ms';
        INSERT INTO files SELECT n FROM numbers;""")

    def state():
        return get(at, f"/jobs/{job}")["state"]

    compose.until("checkpoints", lambda: get(at, f"/jobs/{job}/checkpoints")["counts"]["completed"] > 1)
    for container in jobmanagers + taskmanagers:
        assert container.stop() == 0, container.log.read_text()
        container.start()
        compose.until(f"{container.name} is back", container.healthy)
        compose.until("all slots", lambda: get(at, "/overview")["slots-total"] == 4)
        compose.until("the job runs", lambda: state() in ("RUNNING", "FINISHED"))
    compose.until("the end of the job", lambda: state() == "FINISHED", 120)
    files = [path for path in (tmp_path / "files").rglob("*") if path.is_file() and not path.name.startswith((".", "_"))]
    written = sorted(int(line) for path in files for line in path.read_text().split())
    assert written == list(range(1, rows + 1)), f"{len(written)} rows, {len(set(written))} of them different"

"""`standalone-job`: the JobManager ends with its job, and its exit code says how."""
import os
import signal
import subprocess

import pytest

import compose

ADDRESS = f"127.77.{os.getpid() % 250}.200"


@pytest.fixture
def start(image_root, tmp_path):
    """Starts a process of the image."""
    processes = []
    home = image_root / "opt/flink"
    properties = f"jobmanager.rpc.address: {ADDRESS}\ntaskmanager.host: {ADDRESS}\nio.tmp.dirs: {tmp_path}"

    def start(*words, **variables):
        environment = {"FLINK_HOME": str(home), "FLINK_CONF_DIR": str(home / "conf"), "PATH": f"{home}/bin:/usr/bin:/bin", "FLINK_PROPERTIES": properties} | variables
        processes.append(subprocess.Popen([image_root / "docker-entrypoint.sh", *words], env=environment, stdin=subprocess.DEVNULL,
                                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
        return processes[-1]

    yield start
    for process in processes:
        if process.poll() is None:
            process.terminate()
            process.wait(timeout=60)


def script(tmp_path, text):
    path = tmp_path / "job.sql"
    path.write_text(text)
    return str(path)


BOUNDED = "CREATE TABLE t (a INT) WITH ('connector'='datagen','number-of-rows'='10'); CREATE TABLE s (a INT) WITH ('connector'='blackhole');"


@pytest.mark.parametrize("select, code", [("a", 0), ("a / 0", 1)])
def test_ends_with_its_job(start, tmp_path, select, code):
    start("taskmanager")
    job = start("standalone-job", script(tmp_path, f"{BOUNDED} INSERT INTO s SELECT {select} FROM t;"))
    output, _ = job.communicate(timeout=60)
    assert job.returncode == code, output


def test_ends_when_told_to(start, tmp_path):
    start("taskmanager")
    job = start("standalone-job", script(tmp_path, BOUNDED.replace("number-of-rows", "rows-per-second") + " INSERT INTO s SELECT a FROM t;"))
    compose.until("the job runs", lambda: "(RUNNING)" in start("flink", "list").communicate(timeout=60)[0])
    job.send_signal(signal.SIGTERM)
    job.communicate(timeout=60)
    assert job.returncode == 143


@pytest.mark.parametrize("words, said", [
    ((), "usrlib has 0"), (("--job-classname", "a.B"), "is not supported: jobs are SQL scripts"), (("nowhere.sql",), "cannot read 'nowhere.sql'")])
def test_says_what_it_cannot_do(start, words, said):
    job = start("standalone-job", *words)
    output, _ = job.communicate(timeout=60)
    assert job.returncode == 1 and said in output, output


def test_does_not_wait_for_those_who_do_not_know_it(start, image_root, tmp_path):
    users = tmp_path / "users"
    hashed = subprocess.run([image_root / "opt/flink/bin/flinkrs", "hash-password", "anna", "viewer"], input="a password\n", capture_output=True, text=True, check=True)
    users.write_text(hashed.stdout)
    job = start("standalone-job", f"-Dsecurity.rest.users-file={users}", script(tmp_path, BOUNDED + " INSERT INTO s SELECT a FROM t;"))
    output, _ = job.communicate(timeout=60)
    assert job.returncode == 1 and "who are you?" in output, output


def test_commands_see_the_variables_of_the_image(image_root):
    """Also those that `docker exec` starts, which no entry point prepares."""
    home = image_root / "opt/flink"
    environment = {"PATH": f"{home}/bin:/usr/bin:/bin", "FLINK_CONF_DIR": str(home / "conf"), "JOB_MANAGER_RPC_ADDRESS": "jobmanager.invalid",
                   "FLINK_PROPERTIES": "rest.port: ${PORT}", "PORT": "18081"}
    seen = subprocess.run([home / "bin/flink", "list"], env=environment, capture_output=True, text=True, timeout=60)
    assert seen.returncode == 1 and "jobmanager.invalid:18081" in seen.stderr, seen


@pytest.mark.parametrize("role", ["jobmanager", "taskmanager"])
def test_roles_have_the_names_of_flinks_scripts(start, role):
    process = start(f"{role}.sh", "start-foreground", "-Drest.port=no")
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 1 and "rest.port" in output, output

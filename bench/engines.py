"""How each engine's processes are launched and how a script is handed to it."""
import hashlib
import os
import pathlib
import subprocess

from cluster import HERE, Role

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "flinkrs"
ORACLE = HERE.parent / "compat-tests" / "oracle"


def run(command, log, what, env=None):
    with open(log, "ab") as out:
        if subprocess.run(list(map(str, command)), stdout=out, stderr=out, env=env).returncode != 0:
            raise SystemExit(f"bench: {what} failed; see {log}")


class Flink:
    """Apache Flink 2.3.0 with its default memory and its own start scripts; jobs are submitted by flink/SubmitScript.java."""

    name = "flink-2.3.0"

    def __init__(self):
        self.home = pathlib.Path(subprocess.check_output([ORACLE / "flink-home.sh"], text=True).strip())
        sources = [HERE / "flink" / "SubmitScript.java", HERE / "flink" / "CountChar.java", ORACLE / "server" / "SqlSession.java", ORACLE / "server" / "SqlScript.java"]
        key = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:16]
        classes = CACHE / "bench" / f"classes-{key}"
        self.classes = classes
        self.classpath = ":".join([*map(str, sorted(self.home.glob("lib/*.jar"))), str(classes)])
        if not classes.exists():
            part = classes.with_suffix(".part")
            subprocess.run(["javac", "-d", part, "-cp", self.classpath, *sources], check=True)
            part.rename(classes)

    def launch(self, role, options, folder):
        conf = folder / "conf"
        if not conf.exists():  # the first role writes the configuration of both
            conf.mkdir()
            own = (self.home / "conf" / "config.yaml").read_text()
            java = own[own.index("env:") : own.index("\n", own.index("all:")) + 1]
            memory = {"jobmanager.memory.process.size": "1600m", "taskmanager.memory.process.size": "1728m"}
            (conf / "config.yaml").write_text(java + "".join(f"{k}: {v}\n" for k, v in (memory | options).items()))
            for log4j in self.home.glob("conf/log4j*.properties"):
                (conf / log4j.name).write_text(log4j.read_text())
        env = {**os.environ, "FLINK_CONF_DIR": str(conf), "FLINK_LOG_DIR": str(folder), "FLINK_HOME": str(self.home)}
        env["HADOOP_CLASSPATH"] = str(self.classes)  # the one way in which the start scripts take more classes: for user-defined functions
        return Role([self.home / "bin" / f"{role}.sh", "start-foreground"], env, folder / f"{role}.log")

    def submit(self, address, script, folder):
        java = ["java", "-Xmx1g", "-Duser.timezone=UTC", "-cp", self.classpath, "SubmitScript", address, script]
        run(java, folder / "client.log", "the submission", {**os.environ, "FLINK_CONF_DIR": str(folder / "conf")})


class Flinkrs:
    """The binary named by FLINKRS, by default the release build of this workspace."""

    name = "flinkrs"

    def __init__(self):
        target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or HERE.parent / "target")
        self.binary = pathlib.Path(os.environ.get("FLINKRS") or target / "release" / "flinkrs").resolve()
        if not self.binary.exists():
            raise SystemExit(f"bench: {self.binary} is missing; build it with 'cargo build --release' or set FLINKRS")

    def launch(self, role, options, folder):
        (folder / "conf").mkdir(exist_ok=True)
        (folder / "conf" / "config.yaml").touch()  # nothing but the options below, whatever stands in ./conf
        settings = [f"-D{key}={value}" for key, value in options.items()]
        env = {**os.environ, "FLINKRS_CONF_DIR": str(folder / "conf")}
        return Role([self.binary, role, *settings], env, folder / f"{role}.log")

    def submit(self, address, script, folder):
        run([self.binary, "run", "-m", address, script], folder / "client.log", "the submission")


ENGINES = {"flink": Flink, "flinkrs": Flinkrs}

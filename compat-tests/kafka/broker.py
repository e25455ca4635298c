#!/usr/bin/env python3
"""A real Apache Kafka broker for tests: one process, KRaft, loopback only. README.md shows the commands.

It knows nothing of flinkrs: it fetches Kafka from Maven Central, runs one combined broker and controller, and drives
Kafka's own command line tools.
"""
import argparse
import base64
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid

HERE = pathlib.Path(__file__).resolve().parent
START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 20
# Small and quick to start: a test's broker lives for seconds. KAFKA_JVM_OPTIONS replaces them.
JVM_OPTIONS = "-Xms64m -Xmx384m -XX:+UseSerialGC -XX:TieredStopAtLevel=1"


def fail(message):
    sys.exit(f"broker.py: {message}")


def need(program, package):
    if shutil.which(program) is None:
        fail(f"'{program}' is missing; on Debian: apt-get install {package}")


def jars():
    """The folder with Kafka's jars, fetched on first use and kept per version."""
    need("java", "openjdk-17-jre-headless")
    version = re.search(r"<kafka.version>(.*)</kafka.version>", (HERE / "pom.xml").read_text())[1]
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "flinkrs"
    folder = cache / f"kafka-{version}"
    if folder.exists():
        return folder
    need("mvn", "maven")
    print(f"broker.py: fetching Apache Kafka {version} (45 MB) to {folder}", file=sys.stderr)
    cache.mkdir(parents=True, exist_ok=True)
    part = pathlib.Path(tempfile.mkdtemp(prefix=f"kafka-{version}.", dir=cache))
    maven = ["mvn", "-q", "-B", "-f", str(HERE / "pom.xml"), "dependency:copy-dependencies"]
    done = subprocess.run(maven + ["-DincludeScope=runtime", f"-DoutputDirectory={part}"], stdout=sys.stderr)
    if done.returncode != 0:
        shutil.rmtree(part)
        fail("Maven could not fetch Kafka; is Maven Central, or the mirror in ~/.m2/settings.xml, reachable?")
    try:
        part.rename(folder)
    except OSError:  # another process was faster
        shutil.rmtree(part)
    return folder


def java(main_class, *arguments, properties=()):
    options = os.environ.get("KAFKA_JVM_OPTIONS", JVM_OPTIONS).split()
    log = f"-Dlog4j2.configurationFile={HERE / 'log4j2.properties'}"
    return ["java", *options, log, *properties, "-cp", f"{jars()}/*", main_class, *map(str, arguments)]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Broker:
    """A broker that lives in a folder: its settings, data, log and process id. Started again there, it keeps its data and port."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder).resolve()
        self.settings = self.folder / "server.properties"
        self.log = self.folder / "broker.log"
        self.pid_file = self.folder / "broker.pid"

    def address(self):
        return re.search(r"PLAINTEXT://([\d.]+:\d+)", self.settings.read_text())[1]

    def start(self, port, host="127.0.0.1"):
        if self.pid():
            fail(f"a broker already runs in {self.folder} (process {self.pid()}); stop it first")
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.settings.exists():
            self.format(host, port or free_port(), free_port())
        properties = ["-Dkafka.log.level=INFO", "-Dkafka.log.target=SYSTEM_OUT"]
        with open(self.log, "wb") as log:
            command = java("kafka.Kafka", self.settings, properties=properties)
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, start_new_session=True
            )
        self.pid_file.write_text(str(process.pid))
        self.wait_until_started(process)

    def format(self, host, port, controller_port):
        self.settings.write_text(
            (HERE / "server.properties").read_text().format(
                host=host, port=port, controller_port=controller_port, data=self.folder / "data"
            )
        )
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "_")
        command = java("kafka.tools.StorageTool", "format", "--cluster-id", cluster, "--config", self.settings)
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            self.settings.unlink()
            fail(f"formatting {self.folder / 'data'} failed: {(done.stderr or done.stdout).strip()}")

    def wait_until_started(self, process):
        deadline = time.monotonic() + START_TIMEOUT_S
        while "Kafka Server started" not in self.log.read_text(errors="replace"):
            if process.poll() is not None:
                self.pid_file.unlink()
                fail(f"the broker ended with code {process.returncode}:\n{self.last_lines()}")
            if time.monotonic() > deadline:
                self.stop()
                fail(f"the broker was not ready within {START_TIMEOUT_S} s:\n{self.last_lines()}")
            time.sleep(0.1)

    def last_lines(self):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])

    def pid(self):
        """The process id, if that process is still this broker: ids are reused."""
        try:
            pid = int(self.pid_file.read_text())
            command = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True).stdout
        except (FileNotFoundError, ValueError):
            return None
        return pid if str(self.settings) in command else None

    def stop(self, kill=False):
        pid = self.pid()
        deadline = time.monotonic() + STOP_TIMEOUT_S
        if pid:
            os.kill(pid, signal.SIGKILL if kill else signal.SIGTERM)
        while pid and running(pid):
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)
        self.pid_file.unlink(missing_ok=True)


def running(pid):
    try:
        os.waitpid(pid, os.WNOHANG)  # reaps it when it is our own child
    except ChildProcessError:
        pass
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def start(options):
    broker = Broker(options.dir)
    broker.start(options.port)
    print(broker.address(), flush=True)


def stop(options):
    Broker(options.dir).stop(options.kill)


def run(options):
    """In the foreground until the standard input ends or a signal comes, so that a broker cannot outlive its test."""
    folder = options.dir or tempfile.mkdtemp(prefix="flinkrs-kafka-")
    broker = Broker(folder)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        broker.start(options.port, options.host)
        print(broker.address(), flush=True)
        while sys.stdin.buffer.read(4096):
            pass
    except KeyboardInterrupt:
        pass
    finally:
        broker.stop()
        if not options.dir:
            shutil.rmtree(folder, ignore_errors=True)


def topic(options):
    arguments = ["--bootstrap-server", options.address, "--create", "--topic", options.topic]
    arguments += ["--partitions", options.partitions, "--replication-factor", 1]
    sys.exit(subprocess.run(java("org.apache.kafka.tools.TopicCommand", *arguments), stdout=sys.stderr).returncode)


def partition_of(key, partitions):
    """Kafka's default partitioner: murmur2 of the key (seed 0x9747b28c), without its sign, modulo the partitions."""
    m, mask = 0x5BD1E995, 0xFFFFFFFF
    h = 0x9747B28C ^ len(key)
    whole = len(key) & ~3
    for i in range(0, whole, 4):
        k = int.from_bytes(key[i : i + 4], "little") * m & mask
        k = (k ^ k >> 24) * m & mask
        h = (h * m & mask) ^ k
    if len(key) > whole:
        h = (h ^ int.from_bytes(key[whole:], "little")) * m & mask
    h = (h ^ h >> 13) * m & mask
    return ((h ^ h >> 15) & 0x7FFFFFFF) % partitions


def key_for(partition, partitions):
    return next(key for key in (f"k{i}" for i in range(100000)) if partition_of(key.encode(), partitions) == partition)


def produce(options):
    arguments = ["--bootstrap-server", options.address, "--topic", options.topic, "--timeout", 5]
    lines = sys.stdin.buffer.read()
    if options.partition:
        wanted, partitions = map(int, options.partition.split("/"))
        key = key_for(wanted, partitions).encode() + b"\t"
        lines = b"".join(key + line + b"\n" for line in lines.splitlines())
    if options.partition or options.keys:
        arguments += ["--property", "parse.key=true", "--property", "key.separator=\t"]
    command = java("org.apache.kafka.tools.ConsoleProducer", *arguments)
    sys.exit(subprocess.run(command, input=lines, stdout=subprocess.DEVNULL).returncode)


def consume(options):
    arguments = ["--bootstrap-server", options.address, "--topic", options.topic, "--from-beginning"]
    arguments += ["--timeout-ms", options.timeout * 1000]
    arguments += ["--isolation-level", "read_committed" if options.read_committed else "read_uncommitted"]
    if options.count:
        arguments += ["--max-messages", options.count]
    for shown in options.show:
        arguments += ["--property", f"print.{shown}=true"]
    command = java("org.apache.kafka.tools.consumer.ConsoleConsumer", *arguments)
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    sys.stdout.buffer.write(done.stdout)
    if done.returncode != 0 and b"TimeoutException" not in done.stderr:  # reading to the end ends by the timeout
        fail(done.stderr.decode(errors="replace").strip())
    if options.count and done.stdout.count(b"\n") < options.count:
        fail(f"{done.stdout.count(10)} records within {options.timeout} s, expected {options.count}")


def commands():
    parser = argparse.ArgumentParser(description="A real Apache Kafka broker for tests.")
    sub = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name, function, text, *positional):
        p = sub.add_parser(name, help=text)
        p.set_defaults(function=function)
        for argument in positional:
            p.add_argument(argument)
        return p

    command("fetch", lambda _: print(jars()), "fetch Kafka and print the folder of its jars")
    p = command("start", start, "start in the background and print the address")
    p.add_argument("--dir", required=True, help="folder of this broker")
    p.add_argument("--port", type=int, default=0, help="default: any free one")
    p = command("stop", stop, "stop the broker of a folder")
    p.add_argument("--dir", required=True)
    p.add_argument("--kill", action="store_true", help="as in a crash")
    p = command("run", run, "start, print the address, stop when the standard input ends")
    p.add_argument("--dir", help="default: a temporary one, removed at the end")
    p.add_argument("--port", type=int, default=0)
    p.add_argument("--host", default="127.0.0.1", help="the address that clients reach it at; default: loopback only")
    p = command("topic", topic, "create a topic", "address", "topic")
    p.add_argument("--partitions", type=int, default=1)
    p = command("produce", produce, "send each line of the standard input as a record", "address", "topic")
    p.add_argument("--partition", metavar="N/OF", help="to partition N of OF, by a key that falls there")
    p.add_argument("--keys", action="store_true", help="lines are key, tab, value")
    p = command("consume", consume, "print the records from the beginning", "address", "topic")
    p.add_argument("--count", type=int, help="stop after so many, fail when there are fewer")
    p.add_argument("--timeout", type=int, default=5, help="stop after so many seconds without a record")
    p.add_argument("--read-committed", action="store_true")
    p.add_argument("--show", nargs="*", default=[], choices=["key", "partition", "offset", "timestamp", "headers"])
    return parser


if __name__ == "__main__":
    chosen = commands().parse_args()
    chosen.function(chosen)

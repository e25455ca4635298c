"""Reads a compose file and runs its flinkrs services as plain processes, with their own commands, environments and health checks.

Every container gets an address of its own in 127.77.0.0/16, which Linux has without being told, and keeps its ports. Names of services become these
addresses, mount points become folders. It knows no other images: what stands for them is given an address from outside.
"""
import os
import pathlib
import re
import signal
import subprocess
import time

import yaml

LIMIT_S = 60


def interpolate(text):
    """`${NAME:-default}` and `${NAME}` from the environment; `$$` is a dollar."""
    def value(match):
        if match[0] == "$$":
            return "$"
        return os.environ.get(match[1]) or match[2] or ""
    return re.sub(r"\$\$|\$\{(\w+)(?::-([^}]*))?\}", value, text)


def load(path):
    """The file as compose sees it: anchors merged, variables put in."""
    def walk(node):
        if isinstance(node, dict):
            return {key: walk(value) for key, value in node.items()}
        if isinstance(node, list):
            return [walk(value) for value in node]
        return interpolate(node) if isinstance(node, str) else node
    return walk(yaml.safe_load(path.read_text()))


def until(what, condition, limit=LIMIT_S):
    """Waits until the condition holds; its last failure is told when it never does."""
    deadline, seen = time.monotonic() + limit, None
    while time.monotonic() < deadline:
        try:
            if result := condition():
                return result
        except OSError as error:  # nobody listens yet
            seen = error
        time.sleep(0.05)
    raise AssertionError(f"not within {limit} s: {what} ({seen})")


class Container:
    """One replica of a service."""

    def __init__(self, cluster, service, number, address):
        self.service, self.name, self.address = service, f"{service}-{number}", address
        self.spec, self.cluster, self.process = cluster.file["services"][service], cluster, None
        self.log = cluster.folder / f"{self.name}.log"

    def folders(self):
        """Where its mount points are on this machine: a volume is shared, a tmpfs and the data of nobody else are its own."""
        places = {}
        for volume in self.spec.get("volumes", []):
            source, target = volume.split(":")[:2] if ":" in volume else (self.name + volume, volume)
            places[target] = self.cluster.place(source)
            mounted = self.cluster.image / target.lstrip("/")
            if source.startswith(".") and not mounted.exists():
                mounted.symlink_to(places[target])
        for target in self.spec.get("tmpfs", []):
            places[target.split(":")[0]] = self.cluster.folder / self.name
        for place in places.values():
            place.mkdir(parents=True, exist_ok=True)
        return places

    def local(self, text):
        """A value as this machine has to read it."""
        hosts = self.cluster.addresses | dict.fromkeys(["localhost", "127.0.0.1", "0.0.0.0"], self.address)
        folders = {target: str(place) for target, place in self.folders().items()}
        names = "|".join(map(re.escape, sorted(hosts, key=len, reverse=True)))
        targets = "|".join(map(re.escape, sorted(folders, key=len, reverse=True))) or "(?!)"
        # In one pass, so that what was put in is not read again. A folder begins a path.
        pattern = rf"(?<![\w.-])(?P<host>{names})(?![\w-])|(?<![\w.-])(?P<folder>{targets})(?=[/\s,;]|$)"
        return re.sub(pattern, lambda match: hosts.get(match["host"]) or folders[match["folder"]], text)

    def environment(self):
        image = self.cluster.image
        given = self.spec.get("environment", {})
        if isinstance(given, list):
            given = dict(entry.split("=", 1) for entry in given)
        environment = {name: self.local(str(value)) for name, value in given.items() if name != "FLINK_PROPERTIES"}
        lines = []
        for line in given.get("FLINK_PROPERTIES", "").splitlines():
            key, colon, value = line.partition(":")
            lines.append(key + colon + self.local(value))
        if self.spec.get("tmpfs"):
            lines.append(f"io.tmp.dirs: {self.folders()['/tmp']}")
        if "taskmanager" in self.arguments():
            lines.append(f"taskmanager.host: {self.address}")
        home = image / "opt/flink"
        configuration = self.folders().get("/opt/flink/conf", home / "conf")
        return environment | {
            "FLINK_PROPERTIES": "\n".join(lines), "FLINK_HOME": str(home), "FLINK_CONF_DIR": str(configuration),
            "PATH": f"{home}/bin:/usr/local/bin:/usr/bin:/bin", "HOME": str(home), "LANG": "C.UTF-8",
        }

    def arguments(self):
        command = self.spec.get("command", [])
        words = command.split() if isinstance(command, str) else list(command)
        # The names of roles are names of services too, and stay as they are.
        return [re.sub(r"(?<==).*", lambda match: self.local(match[0]), word) if word.startswith("-D") else word for word in words]

    def start(self):
        entry = self.cluster.image / "docker-entrypoint.sh"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [entry, *self.arguments()], env=self.environment(), stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, cwd=self.cluster.image / "opt/flink")

    def run(self, *command, limit=LIMIT_S):
        """As `docker compose exec` would run it."""
        entry = self.cluster.image / "docker-entrypoint.sh"
        return subprocess.run([entry, *command], env=self.environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=limit, cwd=self.cluster.image / "opt/flink")

    def healthy(self):
        assert self.process.poll() is None, f"{self.name} has ended: {self.log.read_text()}"
        test = self.spec["healthcheck"]["test"]
        assert test[0] == "CMD", f"{self.name}: a health check is a command and its arguments, without a shell"
        return self.run(*[word if word == "flink" else self.local(word) for word in test[1:]], limit=10).returncode == 0

    def stop(self, number=signal.SIGTERM):
        """Its exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=LIMIT_S)


class Cluster:
    """The flinkrs services of a compose file."""

    def __init__(self, file, base, image, folder, stand_ins=()):
        """`file` is what `load` gives; folders in it are relative to `base`; `stand_ins` are services that something else runs for."""
        self.file, self.image, self.folder = file, pathlib.Path(image), pathlib.Path(folder)
        self.base, self.containers, self.addresses = base, [], {}
        flinkrs = [name for name, spec in self.file["services"].items() if "flinkrs" in spec.get("image", "")]
        assert flinkrs, "there is no service with the image flinkrs"
        given = 0
        for service in [*stand_ins, *flinkrs]:
            for number in range(1, self.file["services"][service].get("deploy", {}).get("replicas", 1) + 1):
                given += 1
                address = f"127.77.{os.getpid() % 250}.{given}"
                self.addresses.setdefault(service, address)
                if service in flinkrs:
                    self.containers.append(Container(self, service, number, address))

    def place(self, source):
        if source.startswith("."):
            return (self.base / source).resolve()
        return self.folder / "volumes" / source

    def of(self, service):
        return [container for container in self.containers if container.service == service]

    def start(self):
        """All services, each when what it depends on is healthy."""
        started = set()
        while waiting := [c for c in self.containers if c.service not in started]:
            ready = [c for c in waiting if not any(
                d in self.addresses and d not in started and self.of(d) for d in c.spec.get("depends_on", []))]
            assert ready, "services depend on one another"
            for container in ready:
                container.start()
            for container in ready:
                until(f"{container.name} is healthy", container.healthy)
            started |= {container.service for container in ready}

    def stop(self):
        for container in self.containers:
            if container.process and container.process.poll() is None:
                container.process.kill()
                container.process.wait()

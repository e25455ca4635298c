"""The image: what the binary needs is in the base, and it runs as another user on a read-only root."""
import os
import re
import subprocess

import pytest

import image
from conftest import DEPLOY, ROOT

# What debian:bookworm-slim has, because apt and dpkg need it.
IN_THE_BASE = {"libc.so.6", "libm.so.6", "libgcc_s.so.1", "libstdc++.so.6", "libz.so.1", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}
BOOKWORMS_GLIBC = (2, 36)


def test_all_targets_are_read():
    found = image.stages(DEPLOY / "Dockerfile", {"TARGETARCH": "amd64"})
    assert {"build", "base", "packaged", None} <= found.keys()
    for name in ("packaged", None):
        assert found[name].last("USER") == "9999:9999"
        assert found[name].last("ENTRYPOINT") == '["/docker-entrypoint.sh"]'


def test_what_is_copied_is_there(packaged):
    for options, sources, _ in image.copies(packaged):
        for source in sources:
            if not options and not source.startswith("dist/"):
                assert (ROOT / source).exists(), f"COPY {source}"


def test_needs_only_what_the_base_has(binary):
    dynamic = subprocess.run(["readelf", "-d", binary], capture_output=True, text=True, check=True).stdout
    needed = set(re.findall(r"NEEDED.*\[(.*)\]", dynamic))
    assert needed and needed <= IN_THE_BASE, f"not in the base image: {needed - IN_THE_BASE}"
    versions = subprocess.run(["readelf", "-V", binary], capture_output=True, text=True, check=True).stdout
    newest = max(tuple(map(int, version.split("."))) for version in re.findall(r"GLIBC_([0-9.]+)", versions))
    assert newest <= BOOKWORMS_GLIBC, f"built on a newer system than the base image: needs glibc {newest}"


def test_whole_root_file_system(tmp_path, binary, packaged, base):
    root = image.assemble(packaged, ROOT, tmp_path / "root", binary, base)
    missing = subprocess.run(["chroot", root, "ldd", "/opt/flink/bin/flinkrs"], capture_output=True, text=True, check=True).stdout
    assert "not found" not in missing, missing

    def run(*words, **variables):
        """As an engine would with --read-only --tmpfs /tmp: other mounts, other processes, the user of the image."""
        script = ('mount --bind "$0" "$0" && mount --rbind /dev "$0/dev" && mount -t proc proc "$0/proc" && mount -t tmpfs tmpfs "$0/tmp"'
                  ' && mount -o remount,ro,bind "$0" && cd "$0" && exec chroot --userspec="$USER_OF_IMAGE" "$0" /bin/sh -c'
                  ' \'cd "$1"; shift; exec "$@"\' sh "$@"')
        environment = packaged.environment() | variables | {"USER_OF_IMAGE": packaged.last("USER")}
        return subprocess.run(
            ["/usr/bin/unshare", "--mount", "--pid", "--fork", "/bin/sh", "-c", script, str(root), packaged.last("WORKDIR"), "/docker-entrypoint.sh", *words],
            env=environment, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)

    seen = run("bash", "-c", "id -u; pwd; touch /opt/flink/x 2>&1; touch /tmp/x && echo writable; command -v flink sql-client.sh")
    assert seen.stdout.split()[:2] == ["9999", "/opt/flink"], seen
    assert "Read-only file system" in seen.stdout and "writable" in seen.stdout, seen
    assert "/opt/flink/bin/flink" in seen.stdout and "/opt/flink/bin/sql-client.sh" in seen.stdout

    whole = run("bash", "-c", """
      flinkrs jobmanager & jobmanager=$!; flinkrs taskmanager & taskmanager=$!
      until flink list >/dev/null 2>&1; do kill -0 $jobmanager || exit 1; done
      printf "%s" "SELECT SUM(n) FROM (VALUES (1), (2)) AS t (n);" > /tmp/job.sql
      flink run -o json -D state.backend.type=rocksdb /tmp/job.sql && kill $jobmanager $taskmanager && wait $jobmanager && wait $taskmanager""",
        FLINK_PROPERTIES="jobmanager.rpc.address: 127.77.251.1\ntaskmanager.host: 127.77.251.2")
    assert whole.returncode == 0 and '"EXPR$0":3' in whole.stdout.replace(" ", ""), whole.stdout + whole.stderr


def test_size(binary):
    """The aim is an image under 60 MB compressed; Debian's base has 28."""
    if binary.parent.name == "debug":
        pytest.skip("the size of a debug build says nothing")
    packed = subprocess.run(f"strip --strip-debug -o /dev/stdout {binary} | gzip -1 | wc -c", shell=True, capture_output=True, text=True, check=True,
                            env=os.environ | {"LC_ALL": "C"})
    assert int(packed.stdout) < 45_000_000, f"{int(packed.stdout):,} bytes compressed"

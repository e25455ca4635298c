"""The list of what is in the binary has every crate of which the binary itself tells, and a licence for each."""
import json
import os
import pathlib
import re
import subprocess

import pytest

from conftest import ROOT


def test_lists_what_is_in_the_binary(binary, tmp_path):
    home = pathlib.Path(os.environ.get("CARGO_HOME") or pathlib.Path.home() / ".cargo")
    if not (home / "registry/src").exists():
        pytest.skip("the binary was built elsewhere: no sources of crates")
    subprocess.run([ROOT / "scripts/sbom.py", tmp_path], check=True)
    components = json.loads((tmp_path / "flinkrs.cdx.json").read_text())["components"]
    listed = {f"{component['name']}-{component['version']}" for component in components}
    told = {found.decode() for found in re.findall(rb"registry/src/[^/\0]*/([\w.+-]+)/", binary.read_bytes())}
    assert len(told) > 50 and told <= listed, f"in the binary and not in the list: {sorted(told - listed)}"
    assert all(component["licenses"] for component in components)
    texts = (tmp_path / "THIRD-PARTY-LICENSES.txt").read_text()
    for name in ("librocksdb-sys", "rdkafka-sys"):
        assert len(re.findall(rf"^(?=.*\b{name} )", texts, re.M)) > 1, f"the licence of the C library in {name}"

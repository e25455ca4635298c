"""The compose files are what the compose specification says, and hold to the rules of this image."""
import json
import pathlib

import check_jsonschema
import jsonschema
import pytest
import yaml

import compose
from conftest import DEPLOY

FILES = sorted(DEPLOY.glob("docker-compose*.yml"))
SCHEMA = pathlib.Path(check_jsonschema.__file__).parent / "builtin_schemas/vendor/compose-spec.json"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_validates(path):
    jsonschema.validate(yaml.safe_load(path.read_text()), json.loads(SCHEMA.read_text()))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_flinkrs_is_confined_and_watched(path):
    services = compose.load(path)["services"]
    flinkrs = {name: spec for name, spec in services.items() if "flinkrs" in spec["image"]}
    assert flinkrs
    for name, spec in flinkrs.items():
        assert spec.get("read_only") and "/tmp" in spec.get("tmpfs", []), f"{name}: read-only but for /tmp"
        assert spec.get("cap_drop") == ["ALL"] and "no-new-privileges:true" in spec.get("security_opt", []), name
        assert spec.get("healthcheck"), f"{name} has a health check"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_ports_are_opened_to_this_machine_only(path):
    for name, spec in compose.load(path)["services"].items():
        for port in spec.get("ports", []):
            assert port.startswith("127.0.0.1:"), f"{name} opens {port}: nothing asks for a password yet"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_what_is_mounted_is_there(path):
    file = compose.load(path)
    for name, spec in file["services"].items():
        for volume in spec.get("volumes", []):
            if ":" not in volume:
                continue  # its own, without a name
            source = volume.split(":")[0]
            there = (path.parent / source).exists() if source.startswith(".") else source in file.get("volumes", {})
            assert there, f"{name} mounts {source}"

#!/usr/bin/env python3
"""What is in the binary: a CycloneDX list of its crates with their licences, and the texts of these licences.

  scripts/sbom.py DIR     writes DIR/flinkrs.cdx.json and DIR/THIRD-PARTY-LICENSES.txt

It reads Cargo.lock, the manifests of the workspace and the sources that cargo has unpacked to build the binary, and runs nothing. Crates that only another
system needs are left out.
"""
import hashlib
import json
import os
import pathlib
import re
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARY = "client"
LICENCE_FILES = re.compile(r"(?i)^(licen[cs]e|copying|copyright|notice|unlicense)(?!.*\.(rs|py|html|hbs|tera)$)")
# What holds where the binary runs; both architectures at once, so that one list is for both.
LINUX = {"unix", 'target_os="linux"', 'target_family="unix"', 'target_env="gnu"', 'target_arch="x86_64"', 'target_arch="aarch64"', 'target_pointer_width="64"',
         'target_endian="little"', 'target_vendor="unknown"'}


def holds(condition):
    """Whether a `cfg(...)`, or the name of a target, is about Linux."""
    if not condition.startswith("cfg("):
        return "linux-gnu" in condition
    tokens = re.findall(r'\w+\s*=\s*"[^"]*"|\w+|[(),]', condition)

    def evaluate():
        token = tokens.pop(0)
        if not tokens or tokens[0] != "(":
            return re.sub(r"\s", "", token) in LINUX
        tokens.pop(0)
        values = []
        while tokens[0] != ")":
            if tokens[0] == ",":
                tokens.pop(0)
            else:
                values.append(evaluate())
        tokens.pop(0)
        return {"not": lambda: not values[0], "any": lambda: any(values), "all": lambda: all(values), "cfg": lambda: values[0]}[token]()

    return evaluate()


def workspace():
    """Directory and manifest of each member, by name."""
    members = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["members"]
    for pattern in members:
        for manifest in ROOT.glob(f"{pattern}/Cargo.toml"):
            parsed = tomllib.loads(manifest.read_text())
            yield parsed["package"]["name"], parsed


def linked(manifest):
    """Names of what a crate links on Linux, and whether it is optional: not what its tests or its build script need."""
    tables = [manifest.get("dependencies", {})]
    for condition, target in manifest.get("target", {}).items():
        if holds(condition):
            tables.append(target.get("dependencies", {}))
    for table in tables:
        for name, value in table.items():
            detailed = isinstance(value, dict)
            yield (value.get("package", name), value.get("optional", False)) if detailed else (name, False)


def crates():
    """The locked packages that the binary reaches."""
    packages = tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]
    renamed = {name: value.get("package", name) for name, value in tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"].get("dependencies", {}).items()
               if isinstance(value, dict)}
    members, by_name, found = dict(workspace()), {}, {}
    for package in packages:
        by_name.setdefault(package["name"], []).append(package)

    def visit(package):
        key = package["name"], package["version"]
        if key in found:
            return
        found[key] = package
        manifest = members.get(package["name"]) or tomllib.loads((sources(package) / "Cargo.toml").read_text())
        wanted = {}
        for name, optional in linked(manifest):
            name = renamed.get(name, name) if package["name"] in members else name
            wanted[name] = optional and wanted.get(name, True)
        for dependency in package.get("dependencies", []):
            name, _, version = dependency.partition(" ")
            if name in wanted:
                for candidate in by_name[name]:
                    # What is behind a feature that is off, the build has not unpacked.
                    chosen = not version or candidate["version"] == version.split(" ")[0]
                    if chosen and (not wanted[name] or name in members or unpacked(candidate)):
                        visit(candidate)

    visit(by_name[BINARY][0])
    return members, [package for key, package in sorted(found.items())]


def unpacked(package):
    """Where cargo has unpacked a crate, if it has."""
    home = pathlib.Path(os.environ.get("CARGO_HOME") or pathlib.Path.home() / ".cargo")
    return next(home.glob(f"registry/src/*/{package['name']}-{package['version']}"), None)


def sources(package):
    return unpacked(package) or sys.exit(f"sbom.py: the source of {package['name']} {package['version']} is not there; build the binary first")


def main(out):
    members, packages = crates()
    components, texts = [], {}
    for package in packages:
        if package["name"] in members:
            continue
        folder = sources(package)
        about = tomllib.loads((folder / "Cargo.toml").read_text())["package"]
        licence = (about.get("license") or "").replace("/", " OR ")
        if not licence and not about.get("license-file"):
            sys.exit(f"sbom.py: {package['name']} {package['version']} names no licence")
        name, version = package["name"], package["version"]
        components.append({
            "type": "library", "name": name, "version": version, "purl": f"pkg:cargo/{name}@{version}",
            "licenses": [{"expression": licence}] if licence else [{"license": {"name": about["license-file"]}}],
            "hashes": [{"alg": "SHA-256", "content": package["checksum"]}],
        })
        for file in sorted([*folder.iterdir(), *folder.glob("*/*")]):  # one level down: C libraries that the crate brings
            if file.is_file() and LICENCE_FILES.match(file.name):
                text = file.read_text(errors="replace").strip()
                texts.setdefault(hashlib.sha256(" ".join(text.split()).encode()).hexdigest(), (text, []))[1].append(f"{name} {version}")
    version = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["version"]
    bom = {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
           "metadata": {"component": {"type": "application", "name": "flinkrs", "version": version, "licenses": [{"license": {"id": "Apache-2.0"}}]}},
           "components": components}
    out.mkdir(parents=True, exist_ok=True)
    (out / "flinkrs.cdx.json").write_text(json.dumps(bom, indent=1) + "\n")
    with (out / "THIRD-PARTY-LICENSES.txt").open("w") as file:
        for component in components:
            licence = component["licenses"][0]
            file.write(f"{component['name']} {component['version']}: {licence.get('expression') or licence['license']['name']}\n")
        for text, names in sorted(texts.values(), key=lambda entry: entry[1]):
            file.write(f"\n{'=' * 100}\n{', '.join(names)}\n{'-' * 100}\n{text}\n")
    print(f"{len(components)} crates, {len(texts)} texts of licences in {out}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]))

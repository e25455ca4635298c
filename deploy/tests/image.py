"""Assembles the root file system of an image from its Dockerfile, without an engine: what COPY and ENV of the target `packaged` say.

It reads only what deploy/Dockerfile uses. What RUN does is done where a base is at hand (`assemble(base=...)`, as root), and left out otherwise.
"""
import pathlib
import re
import shlex
import shutil
import subprocess


class Stage:
    """A stage with all it inherits: its instructions in order, and the image below them."""

    def __init__(self, base, instructions):
        self.base, self.instructions = base, instructions

    def last(self, word):
        return next((value for name, value in reversed(self.instructions) if name == word), None)

    def environment(self):
        return dict(value.split("=", 1) for name, value in self.instructions if name == "ENV")


def stages(dockerfile, arguments):
    """The stages by name; the last one is also known as None."""
    text = re.sub(r"\\\n", " ", dockerfile.read_text())
    values, found, name = dict(arguments), {}, None
    for line in text.splitlines():
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        word, _, rest = line.partition(" ")
        rest = re.sub(r"\$\{(\w+)\}", lambda match: values.get(match[1], match[0]), rest.strip())
        if word == "ARG":
            key, _, default = rest.partition("=")
            values.setdefault(key, default)
        elif word == "FROM":
            image, _, name = rest.partition(" AS ")
            name = name or None
            below = found.get(image)
            found[name] = Stage(below.base if below else image, list(below.instructions) if below else [])
        else:
            found[name].instructions.append((word, rest))
    return found


def copies(stage):
    """What it copies: options, sources, destination."""
    for word, rest in stage.instructions:
        if word == "COPY":
            words = shlex.split(rest)
            yield [w for w in words if w.startswith("--")], [w for w in words if not w.startswith("--")][:-1], words[-1]


def assemble(stage, context, root, binary, base=None):
    """Puts the image's files below `root`. `binary` stands for dist/<arch>/flinkrs; files of other stages come from this machine."""
    root = pathlib.Path(root)
    if base:
        subprocess.run(["cp", "-a", f"{base}/.", str(root)], check=True)
    for word, rest in stage.instructions:
        if word == "RUN" and base:
            subprocess.run(["chroot", str(root), "/bin/sh", "-c", rest], check=True)
    for options, sources, destination in copies(stage):
        for source in sources:
            if any(option.startswith("--from=") for option in options):
                origin = pathlib.Path(source)
            elif source == "dist/licenses/":
                continue  # made by scripts/sbom.py, which has a test of its own
            elif source.startswith("dist/"):
                origin = pathlib.Path(binary)
            else:
                origin = context / source
            target = root / destination.lstrip("/")
            if not origin.exists() and options:
                continue  # certificates: a machine may have none
            if origin.is_dir():
                shutil.copytree(origin, target, dirs_exist_ok=True)
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(origin, target)
    return root

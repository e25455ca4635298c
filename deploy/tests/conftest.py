"""What the checks of deploy/ share: the binary, the image made of it, and where the tools are that a machine may lack."""
import os
import pathlib
import shutil
import subprocess

import pytest

import image

DEPLOY = pathlib.Path(__file__).resolve().parent.parent
ROOT = DEPLOY.parent


@pytest.fixture(scope="session")
def binary():
    """FLINKRS, or `flinkrs` of the PATH."""
    found = os.environ.get("FLINKRS") or shutil.which("flinkrs")
    if not found:
        pytest.fail("no flinkrs: name a built binary by FLINKRS, or put it on the PATH")
    return pathlib.Path(found).resolve()


@pytest.fixture(scope="session")
def packaged():
    """The stage of the image that takes a built binary."""
    return image.stages(DEPLOY / "Dockerfile", {"TARGETARCH": "amd64"})["packaged"]


@pytest.fixture(scope="session")
def image_root(tmp_path_factory, binary, packaged):
    """The image's files without the base."""
    return image.assemble(packaged, ROOT, tmp_path_factory.mktemp("image"), binary)


@pytest.fixture(scope="session")
def base():
    """A base image's files: those of DEPLOY_BASE, else a minimal Debian that debootstrap makes once. Needs root."""
    if os.geteuid() != 0:
        pytest.skip("only root can assemble a whole root file system")
    if given := os.environ.get("DEPLOY_BASE"):
        return pathlib.Path(given)
    folder = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "flinkrs/base-bookworm"
    if not folder.exists():
        if not shutil.which("debootstrap"):
            pytest.skip("no debootstrap, which makes the base of the image")
        part = folder.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        subprocess.run(["debootstrap", "--variant=minbase", "bookworm", str(part)], check=True, stdout=subprocess.DEVNULL)
        part.rename(folder)
    return folder

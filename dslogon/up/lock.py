"""Renews what is pinned: the newest packages that the *.in files allow, with hashes, and the digests of images."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from dslogon.up.assets import ROOT, npm
from dslogon.up.errors import UserFacingError, run_quietly, say

IMAGES = ("Dockerfile", "docker-compose.yml")
IMAGE = re.compile(r"^( *image: |FROM )([\w./-]+:[\w.-]+)(@sha256:[0-9a-f]{64})?", re.MULTILINE)
"""An image that somebody else made: it has a tag, and after it the digest that it had when we looked."""


def lock() -> None:
    """Write requirements/*.txt for every system and Python from 3.11 on, package-lock.json, and digests of images."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run_quietly([*pip, "uv"], failure="uv could not be installed:")
    how = ["--universal", "--python-version", "3.11", "--generate-hashes", "--upgrade", "--no-emit-index-url"]
    quiet = ["--quiet", "--custom-compile-command", "make lock"]
    for source in ("requirements/run.in", "requirements/local.in", "requirements/test.in", "requirements/node.in"):
        target = str(Path(source).with_suffix(".txt"))
        say(f"Renewing {target} ...")
        command = [sys.executable, "-m", "uv", "pip", "compile", *how, *quiet, source, "-o", target]
        run_quietly(command, cwd=ROOT, failure=f"{target} could not be renewed:")
    say("Renewing package-lock.json ...")
    run_quietly(
        [*npm(), "update", "--package-lock-only", "--ignore-scripts"], cwd=ROOT, failure="npm could not renew its lock:"
    )
    pin_images()
    subprocess.run(["git", "diff", "--stat", "--", "requirements", "package-lock.json", *IMAGES], cwd=ROOT, check=False)  # noqa: S607


def pin_images() -> None:
    """Write behind each image's tag the digest that it has today. Without Docker, say that this was not done."""
    if not shutil.which("docker"):
        say("There is no docker here, so the digests of images were left as they are.")
        return
    for name in IMAGES:
        say(f"Renewing the images of {name} ...")
        file = ROOT / name
        file.write_text(with_digests(file.read_text(), digest_of))


def with_digests(text: str, digest: Callable[[str], str]) -> str:
    """Return the text of a file that names images, each with its digest."""
    return IMAGE.sub(lambda found: f"{found[1]}{found[2]}@{digest(found[2])}", text)


def digest_of(image: str) -> str:
    """Ask the image's registry for its digest. Raise UserFacingError if it does not answer with one."""
    command = ["docker", "buildx", "imagetools", "inspect", image, "--format", "{{.Manifest.Digest}}"]
    said = run_quietly(command, failure=f"The digest of {image} could not be asked for:").strip()
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", said):
        raise UserFacingError(f"The registry gave no digest for {image}.")
    return said

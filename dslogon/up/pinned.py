"""What a deployment installs, as one list, and whether weaknesses of what is pinned are known."""

import json
import re
import subprocess
import sys
import tomllib
from base64 import b64decode
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL

from dslogon.up.assets import ROOT, npm
from dslogon.up.errors import UserFacingError, say

SBOM = ROOT / "var" / "sbom.json"
# How uv writes a package: its version, where it is needed, a hash for each of its files, and which packages need it.
PINNED = re.compile(
    r"^(?P<name>[\w.-]+)==(?P<version>[^\s;\\]+)(?: ; (?P<marker>[^\\\n]+?))?"
    r"(?P<hashes>(?: \\\n    --hash=sha256:[0-9a-f]{64})+)\n(?P<via>(?:    #.*\n)+)",
    re.MULTILINE,
)


def write_sbom() -> int:
    """Write a CycloneDX list of what a deployment installs to var/sbom.json, and say so. Return 0."""
    bom = bill_of_materials(ROOT)
    SBOM.parent.mkdir(mode=0o700, exist_ok=True)
    make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_to_file(str(SBOM), allow_overwrite=True, indent=2)
    say(f"{SBOM.relative_to(ROOT)} names {len(bom.components)} packages.")
    return 0


def bill_of_materials(root: Path) -> Bom:
    """Return every package of requirements/run.txt and package-lock.json, each with its hashes and what it needs.

    What only tests and one's own machine use is left out.
    """
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    name, version = project["name"], project["version"]
    site = Component(name=name, version=version, type=ComponentType.APPLICATION, bom_ref=name)
    bom = Bom()
    bom.metadata.component = site
    python = (root / "requirements" / "run.txt").read_text()
    node = json.loads((root / "package-lock.json").read_text())["packages"]
    for packages in (python_packages(python), node_packages(node)):
        named = dict(packages)
        bom.components.update(component for component, _ in named.values())
        for component, needed_by in named.values():
            for parent in needed_by:
                bom.register_dependency(named[parent][0] if parent in named else site, [component])
    return bom


def python_packages(lock: str) -> Iterator[tuple[str, tuple[Component, list[str]]]]:
    """Yield each package of a list that uv locked, by its name, with the names of those that need it.

    Raise UserFacingError about a line that is not understood: its package would be missing, and nobody would know.
    """
    left = [line for line in PINNED.sub("", lock).splitlines() if line.strip() and not line.startswith("#")]
    if left:
        raise UserFacingError(f"A list in requirements/ has a line that is not understood: {left[0].strip()}")
    for found in PINNED.finditer(lock):
        digests = re.findall(r"sha256:(\w+)", found["hashes"])
        component = library("pypi", found["name"], found["version"], HashAlgorithm.SHA_256, digests)
        if found["marker"]:
            component.scope = ComponentScope.OPTIONAL  # only on some systems, or for some versions of Python
        last_words = re.findall(r"\S+$", found["via"], re.MULTILINE)
        yield found["name"], (component, [name for name in last_words if name != "via"])


def node_packages(packages: Mapping[str, Any]) -> Iterator[tuple[str, tuple[Component, list[str]]]]:
    """Yield each package that the pages load, by its place in node_modules, with the places of those that need it."""
    for place, package in packages.items():
        if place and not package.get("dev"):
            digest = b64decode(package["integrity"].removeprefix("sha512-")).hex()
            component = library("npm", name_at(place), package["version"], HashAlgorithm.SHA_512, [digest])
            yield place, (component, [at for at in packages if place in needed_at(at, packages)])


def needed_at(place: str, packages: Mapping[str, Any]) -> Iterator[str]:
    """Yield the places of what the package at `place` needs. Node looks beside it first, and then further up."""
    for name in packages[place].get("dependencies", {}):
        above = place
        while f"{above}/node_modules/{name}".lstrip("/") not in packages and above:
            above = above.rpartition("node_modules/")[0].rstrip("/")
        yield f"{above}/node_modules/{name}".lstrip("/")


def name_at(place: str) -> str:
    return place.rpartition("node_modules/")[2]


def library(kind: str, name: str, version: str, algorithm: HashAlgorithm, digests: list[str]) -> Component:
    """Return a package. It has a hash for each of the files that it is published as."""
    scope, _, plain = name.rpartition("/")
    url = PackageURL(kind, scope or None, plain, version)
    hashes = [HashType(alg=algorithm, content=digest) for digest in digests]
    return Component(name=name, version=version, type=ComponentType.LIBRARY, purl=url, bom_ref=str(url), hashes=hashes)


def audit() -> int:
    """Print the known weaknesses of all that is pinned. Return 0 if there are none.

    Raise UserFacingError unless every package was looked up: an answer that is missing is not a good one.
    """
    say("Asking whether weaknesses of what is pinned are known ...")
    known = [*weaknesses_of_python(), *weaknesses_of_node()]
    print(*(known or ["No weaknesses are known of what is pinned."]), sep="\n")
    return 1 if known else 0


def weaknesses_of_python() -> list[str]:
    """Return a line for each known weakness of a package in any of our lists.

    pip-audit counts a package that its service does not know as one without weaknesses. Behind a mirror that has only
    the packages themselves, that is all of them. One for another system or Python than this one, it passes over: so it
    is not told what a package is for.
    """
    pinned = pins(ROOT / "requirements")
    how = ["--no-deps", "--disable-pip", "--progress-spinner", "off", "--format", "json", "--desc", "off"]
    with NamedTemporaryFile("w", suffix=".txt") as asked:
        print(*pinned, sep="\n", file=asked, flush=True)
        packages = answer_of("PyPI", [sys.executable, "-m", "pip_audit", "-r", asked.name, *how], "dependencies")
    known = {f"{package['name']}=={package['version']}" for package in packages if "skip_reason" not in package}
    if unknown := pinned - known:
        raise UserFacingError(
            f"PyPI did not answer for {len(unknown)} of {len(pinned)} packages, so nothing is known of them: "
            "a mirror in its place may not tell weaknesses."
        )
    return [
        f"{package['name']} {package['version']}: {weakness['id']}, mended in {mended(weakness['fix_versions'])}"
        for package in packages
        for weakness in package["vulns"]
    ]


def pins(folder: Path) -> set[str]:
    """Return each package that a list in a folder pins, as "name==version"."""
    lists = (python_packages(file.read_text()) for file in folder.glob("*.txt"))
    return {f"{component.name}=={component.version}" for packages in lists for _, (component, _) in packages}


def weaknesses_of_node() -> list[str]:
    """Return a line for each package of package-lock.json that has a known weakness."""
    packages = answer_of("npm", [*npm(), "audit", "--package-lock-only", "--include=dev", "--json"], "vulnerabilities")
    return [f"{name} {package['range']}: {package['severity']}" for name, package in packages.items()]


def mended(versions: list[str]) -> str:
    return " or ".join(versions) or "no version yet"


def answer_of(who: str, command: list[str], wanted: str) -> Any:
    """Run a command that asks a registry for weaknesses, and return the part `wanted` of its JSON.

    Such a command ends with 1 for a weakness and for a failure alike. Only an answer has that part.
    """
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    try:
        return json.loads(done.stdout)[wanted]
    except (ValueError, KeyError):
        raise UserFacingError(
            f"{who} could not be asked for known weaknesses, so nothing is known: is this machine on the network, "
            "and does it reach the registry itself?"
        ) from None

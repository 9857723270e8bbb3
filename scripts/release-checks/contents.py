"""What is in the programs, by four who say it: `cargo tree`, the programs themselves, the SBOMs, the licences."""

import functools
import hashlib
import json
import os
import re
import shutil
import tomllib
from pathlib import Path

from common import ARCHITECTURES, PROGRAMS, VERSION, cargo, left_out, name, run, wrong


@functools.cache
def crates(package, architecture):
    """Name and version of each crate that Cargo builds a program of, by the lock file."""
    tree = cargo(
        "tree", "--locked", "--package", package, "--edges", "normal,build", "--prefix", "none",
        "--target", f"{architecture}-unknown-linux-musl",
    )
    return frozenset(tuple(line.split(" ")[:2]) for line in tree.replace(" v", " ").splitlines() if line)


def differ(what, expected, given):
    for crate, version in sorted(expected - given):
        wrong(what, f"lacks {crate} {version}")
    for crate, version in sorted(given - expected):
        wrong(what, f"names {crate} {version}, which is not built")


def checksums(folder):
    file = folder / "SHA256SUMS"
    sums = {line[66:]: line[:64] for line in file.read_text().splitlines()}
    there = {path.name for path in folder.iterdir() if path.is_file() and path != file}
    for missing in sorted(there ^ sums.keys()):
        wrong(file, f"{missing} is not in both the folder and the list")
    for other in sorted(there & sums.keys()):
        if hashlib.sha256((folder / other).read_bytes()).hexdigest() != sums[other]:
            wrong(file, f"{other} has another checksum")


def sbom(folder, program, architecture, expected):
    file = folder / f"{program}-{VERSION}-{architecture}-linux.cdx.json"
    bom = json.loads(file.read_text())
    if str(Path.cwd()) in file.read_text():
        wrong(file, "tells where it was built")
    if (bom["bomFormat"], bom["specVersion"]) != ("CycloneDX", "1.5"):
        wrong(file, "expected CycloneDX 1.5")
    root = bom["metadata"]["component"]
    if root["name"] != program:
        wrong(file, f"is of {root['name']}")
    named = {(component["name"], component["version"]) for component in bom["components"]}
    own = (PROGRAMS[program], VERSION)
    differ(file, expected - {own}, named - {own})
    # What it says of who needs whom has to lead to all of it.
    edges = {entry["ref"]: entry.get("dependsOn", []) for entry in bom["dependencies"]}
    reached, new = set(), [ref for ref in edges if ref == root["bom-ref"]]
    while new:
        ref = new.pop()
        if ref not in reached:
            reached.add(ref)
            new += edges.get(ref, [])
    for component in bom["components"]:
        if component["bom-ref"] not in reached:
            wrong(file, f"{component['name']} is needed by nobody")


def audit_data(binary, expected):
    if not shutil.which("rust-audit-info"):
        return left_out("the programs' own lists: rust-audit-info is missing")
    code, out, err = run("rust-audit-info", binary, env=os.environ)
    if code:
        return wrong(binary, f"has no list of its crates: {err.strip()}")
    named = {(package["name"], package["version"]) for package in json.loads(out)["packages"]}
    # cargo-auditable asks `cargo metadata`, which counts what only other members of the workspace turn on; of that no
    # more than versions can be held to something.
    lock = tomllib.loads(Path("Cargo.lock").read_text())["package"]
    differ(binary, expected, named - ({(package["name"], package["version"]) for package in lock} - expected))


def licences(folder, program, expected):
    file = folder / f"third-party-{program}.txt"
    text = file.read_text()
    head, *licences = text.split("=" * 80 + "\n")
    differ(file, expected, set(re.findall(r"^(\S+) (\d\S*): \S", head, re.M)))
    texts = [licence.split("\n\n", 1) for licence in licences]
    differ(f"{file}, texts", expected, {crate for top, _ in texts for crate in re.findall(r"^    (\S+) (\S+)$", top, re.M)})
    for top, body in texts:
        if len(body.strip()) < 200:
            wrong(file, f"{top.splitlines()[0]} has no text")


def contents(folder, unpacked):
    checksums(folder)
    for program, package in PROGRAMS.items():
        everywhere = set()
        for architecture in ARCHITECTURES:
            expected = crates(package, architecture)
            if len(expected) < 100:
                wrong(package, f"is made of {len(expected)} crates only, says cargo tree")
            everywhere |= expected
            sbom(folder, program, architecture, expected)
            audit_data(unpacked / name(architecture) / program, expected)
        for architecture in ARCHITECTURES:
            licences(unpacked / name(architecture), program, everywhere)

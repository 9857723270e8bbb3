"""What must be found: each breaks a copy of what was built, and names the check that has to see it."""

import json
from pathlib import Path

from common import ARCHITECTURES, VERSION, name


def edited(file, change):
    bom = json.loads(file.read_text())
    change(bom)
    file.write_text(json.dumps(bom))


def one_less(bom):
    bom["components"] = [component for component in bom["components"] if component["name"] != "rustls"]


def one_more(bom):
    bom["components"].append({**bom["components"][0], "name": "left-pad"})


def other_version(bom):
    next(component for component in bom["components"] if component["name"] == "clap")["version"] = "0.0.1"


def no_edges(bom):
    bom["dependencies"] = bom["dependencies"][:1]


def replaced(file, before, after):
    data = file.read_bytes()
    assert before in data, f"{file} does not hold {before!r}"
    file.write_bytes(data.replace(before, after))


def with_loader(file):
    """Its stack's properties become a loader's name."""
    replaced(file, bytes.fromhex("51e57464"), bytes.fromhex("03000000"))


def other_machine(file):
    data = bytearray(file.read_bytes())
    data[18] = 22
    file.write_bytes(data)


FIRST = name(ARCHITECTURES[0])
SBOM = f"tracking-http-{VERSION}-{ARCHITECTURES[-1]}-linux.cdx.json"

# What is broken, in which folder (0: what was built, 1: what was unpacked of it), how, and what has to be said of it.
MISTAKES = [
    ("a byte of a package", 0, lambda at: replaced(at / f"{FIRST}.tar.gz", b"\x1f\x8b", b"\x1f\x8c"), "another checksum"),
    ("a file that is not in the list", 0, lambda at: (at / "more").write_text(""), "not in both"),
    ("an SBOM that lacks a crate", 0, lambda at: edited(at / SBOM, one_less), "lacks rustls"),
    ("an SBOM with a crate too many", 0, lambda at: edited(at / SBOM, one_more), "names left-pad"),
    ("an SBOM with another version", 0, lambda at: edited(at / SBOM, other_version), "names clap 0.0.1"),
    ("an SBOM without its edges", 0, lambda at: edited(at / SBOM, no_edges), "needed by nobody"),
    ("licences that lack a crate", 1, lambda at: replaced(at / FIRST / "third-party-tracking.txt", b"\nrustls ", b"\nrusttls "), "lacks rustls"),
    ("a licence's text of other crates", 1, lambda at: replaced(at / FIRST / "third-party-tracking.txt", b"    ring ", b"    rang "), "lacks ring"),
    ("a program without its list", 1, lambda at: replaced(at / FIRST / "tracking", b".dep-v0", b".dep-v9"), "no list of its crates"),
    ("a program of another machine", 1, lambda at: other_machine(at / FIRST / "tracking"), "is for machine 22"),
    ("a program that asks for a loader", 1, lambda at: with_loader(at / FIRST / "tracking"), "asks for a loader"),
    ("a program that is too large", 1, lambda at: (at / FIRST / "tracking").open("ab").write(bytes(8_000_000)), "bytes, expected"),
    ("a program with where it was built", 1, lambda at: (at / FIRST / "tracking").open("ab").write(str(Path.cwd()).encode()), "tells where"),
]

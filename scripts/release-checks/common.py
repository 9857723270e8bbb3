"""What all checks share: what was found, how a program is run, and the names of what was built."""

import os
import re
import subprocess
import sys
from pathlib import Path

FOLDER = Path(sys.argv[1])
PROGRAMS = {"tracking": "tracking-cli", "tracking-http": "tracking-http"}
VERSION = re.search(r'^\[workspace\.package\]\nversion = "(.*)"', Path("Cargo.toml").read_text(), re.M)[1]
REQUIRED = os.environ.get("TRACKING_REQUIRE_SERVERS") == "1"
found = []


def name(architecture):
    return f"tracking-{VERSION}-{architecture}-linux"


# Those that were built; both, unless scripts/release was told otherwise.
ARCHITECTURES = [each for each in ("x86_64", "aarch64") if (FOLDER / f"{name(each)}.tar.gz").exists()]


def wrong(what, why):
    found.append(f"{what}: {why}")


def left_out(why):
    """Says that something is not tried here, which is wrong where all of it has to be."""
    print(f"left out: {why}")
    if REQUIRED:
        wrong("left out", why)


def run(*command, env=None, **more):
    """The exit code, standard output and standard error; nothing of this process' environment but what is given."""
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, timeout=300, env=env, **more
    )
    return done.returncode, done.stdout, done.stderr


def cargo(*command):
    code, out, err = run("cargo", *command, env=os.environ)
    if code:
        raise SystemExit(f"cargo {' '.join(command)}: {err}")
    return out

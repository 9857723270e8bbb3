"""Holds what `scripts/release` built to what it promises: `release-checks FOLDER`, at the repository's root."""

import shutil
import sys
import tarfile
import tempfile
from pathlib import Path

from common import ARCHITECTURES, FOLDER, PROGRAMS, found, left_out, name
from contents import contents
from debian import debian
from elf import elf
from mistakes import MISTAKES
from programs import programs


def still(folder, unpacked):
    """What can be told without running anything."""
    contents(folder, unpacked)
    for architecture in ARCHITECTURES:
        for program in PROGRAMS:
            elf(unpacked / name(architecture) / program, architecture)


def main():
    folder = FOLDER
    if not ARCHITECTURES:
        sys.exit(f"nothing is built in {folder}: scripts/release does it")
    for missing in {"x86_64", "aarch64"} - set(ARCHITECTURES):
        left_out(f"{missing}: it was not built")
    with tempfile.TemporaryDirectory() as top:
        unpacked = Path(top, "unpacked")
        for architecture in ARCHITECTURES:
            with tarfile.open(folder / f"{name(architecture)}.tar.gz") as archive:
                archive.extractall(unpacked, filter="data")
        still(folder, unpacked)
        print("contents: done")
        programs(unpacked)
        print("programs: done")
        debian(folder)
        for what in found:
            print(what)
        if found:
            sys.exit(1)
        missed = 0
        for what, where, breaking, expected in MISTAKES:
            judged = [folder, unpacked]
            broken = Path(top, "broken")
            shutil.rmtree(broken, ignore_errors=True)
            shutil.copytree(judged[where], broken)
            judged[where] = broken
            breaking(broken)
            found.clear()
            still(*judged)
            if not any(expected in line for line in found):
                print(f"{what}: was not found: {found}")
                missed += 1
        print(f"{len(MISTAKES) - missed} passed, {missed} failed")
        sys.exit(1 if missed else 0)


main()

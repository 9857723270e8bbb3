"""Holds deploy/ to the programs and to those who read it: `deploy-checks FOLDER_OF_PROGRAMS`, at the repository's root."""

import shutil
import sys
import tempfile
from pathlib import Path

from common import found, load, skipped
from docker import compose, dockerfile
from hosts import elastic_beanstalk, systemd
from manifests import kubernetes
from mistakes import MISTAKES
from programs import Programs
from proxies import proxies
from watching import dashboard, prometheus
from words import words


def checks(root, programs):
    found.clear()
    for file in root.rglob("*"):
        if file.suffix in (".yaml", ".yml", ".json", ".config"):
            load(file)
    if found:
        return list(found)
    compose(root, programs, dockerfile(root, programs))
    kubernetes(root, programs)
    systemd(root, programs)
    elastic_beanstalk(root, programs)
    dashboard(root)
    proxies(root)
    prometheus(root)
    words(root, programs)
    return list(found)


def main():
    programs = Programs()
    whole = Path("deploy")
    for what in checks(whole, programs):
        print(what)
    if found:
        sys.exit(1)
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        for file, before, after in MISTAKES:
            copy = Path(folder, "deploy")
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(whole, copy)
            text = (copy / file).read_text()
            assert before in text, f"{file} does not say {before!r} any more"
            (copy / file).write_text(text.replace(before, after))
            what = checks(copy, programs)
            top = str(copy / Path(file).parts[0])
            # Where the program is missing that would find it, nobody can.
            if not any(line.startswith(top) for line in what) and not skipped:
                print(f"{file}: {after!r} for {before!r} was not found: {what}")
                missed += 1
    for program in sorted(skipped):
        print(f"{program} is not installed: what it would check was left out")
    print(f"deploy/ is well, and {len(MISTAKES) - missed} of {len(MISTAKES)} mistakes were found")
    sys.exit(1 if missed else 0)


main()

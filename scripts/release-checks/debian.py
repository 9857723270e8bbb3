"""The package for this machine's architecture: read where it is, and with TRACKING_TEST_DEB=1 installed here."""

import os
import re
import shutil
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

from common import ARCHITECTURES, VERSION, left_out, run, wrong

NAMES = {"x86_64": "amd64", "aarch64": "arm64"}
ENVIRONMENT = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
STATE = Path("/var/lib/tracking")
CONFIGURED = Path("/etc/tracking/tracking-http.env")
EXPECTED = """
./etc/tracking/tracking-http.env
./usr/bin/tracking
./usr/bin/tracking-http
./usr/lib/systemd/system/tracking-http.service
./usr/lib/sysusers.d/tracking.conf
./usr/share/bash-completion/completions/tracking
./usr/share/bash-completion/completions/tracking-http
./usr/share/doc/tracking/changelog.Debian.gz
./usr/share/doc/tracking/copyright
./usr/share/fish/vendor_completions.d/tracking-http.fish
./usr/share/fish/vendor_completions.d/tracking.fish
./usr/share/man/man1/tracking-http-health.1.gz
./usr/share/man/man1/tracking-http.1.gz
./usr/share/man/man1/tracking-next.1.gz
./usr/share/man/man1/tracking.1.gz
./usr/share/zsh/vendor-completions/_tracking
./usr/share/zsh/vendor-completions/_tracking-http
""".split()


def package(folder, architecture):
    return folder / f"tracking_{VERSION}-1_{architecture}.deb"


def read(file):
    code, out, err = run("dpkg-deb", "--contents", file, env=ENVIRONMENT)
    there = {line.split()[5]: line.split()[:2] for line in out.splitlines()}
    for path in EXPECTED:
        if path not in there:
            wrong(file, f"lacks {path}")
    for path, (mode, owner) in there.items():
        if owner not in ("root/root", "0/0") or "w" in mode[4:]:
            wrong(file, f"{path} is {mode} {owner}")
    if there.get("./etc/tracking/tracking-http.env", [""])[0] != "-rw-------":
        wrong(file, "tracking-http.env is for more than root")
    with tempfile.TemporaryDirectory() as top:
        run("dpkg-deb", "--raw-extract", file, top, env=ENVIRONMENT)
        same = {
            "usr/lib/systemd/system/tracking-http.service": "deploy/systemd/tracking-http.service",
            "usr/lib/sysusers.d/tracking.conf": "deploy/systemd/tracking.sysusers",
            "DEBIAN/conffiles": None,
        }
        for path, ours in same.items():
            text = Path(top, path).read_text()
            if text != (Path(ours).read_text() if ours else f"{CONFIGURED}\n"):
                wrong(file, f"{path} is another")
    if not shutil.which("lintian"):
        return left_out("lintian is missing")
    code, out, err = run("lintian", "--fail-on", "error", "--allow-root", file, env=ENVIRONMENT)
    if code:
        wrong(file, f"lintian: {out}{err}")


def newer(file, folder):
    """The same package with a higher version."""
    tree = folder / "tree"
    run("dpkg-deb", "--raw-extract", file, tree, env=ENVIRONMENT)
    control = tree / "DEBIAN/control"
    control.write_text(re.sub(r"^Version: .*$", f"Version: {VERSION}-2", control.read_text(), flags=re.M))
    run("dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", tree, folder / "newer.deb", env=ENVIRONMENT)
    return folder / "newer.deb"


def apt(*args):
    code, out, err = run("apt-get", "-y", "-qq", "--no-install-recommends", *args, env=ENVIRONMENT)
    if code:
        wrong("apt-get " + " ".join(map(str, args)), out + err)
    return out + err


def as_the_unit_does(number_before):
    """Starts what the unit starts, as its user and with its variables, since there may be no systemd here; gives a number."""
    unit = Path("/usr/lib/systemd/system/tracking-http.service").read_text()
    of = lambda key: re.findall(rf"^{key}=(.*)$", unit, re.M)
    variables = dict(pair.split("=", 1) for pair in of("Environment"))
    variables = {key: value.replace("%S", "/var/lib") for key, value in variables.items()}
    lines = CONFIGURED.read_text().splitlines()
    variables |= dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    user, group = of("User")[0], of("Group")[0]
    run("install", "-d", "-m", of("StateDirectoryMode")[0], "-o", user, "-g", group, STATE, env=ENVIRONMENT)
    before = ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups"]
    code, out, err = run(*before, *of("ExecStartPre")[0].split(), env=variables)
    if code:
        wrong("ExecStartPre", out + err)
    server = subprocess.Popen([*before, *of("ExecStart")[0].split()], env=variables, stderr=subprocess.PIPE, text=True)
    try:
        address = variables["TRACKING_LISTEN"]
        for _ in range(100):
            if run("/usr/bin/tracking-http", "health", address, env={})[0] == 0:
                break
            time.sleep(0.1)
        number = urllib.request.urlopen(f"http://{address}/next-tracking-number", timeout=30).read().decode()
        number = re.search(r'"tracking_number":"([A-Z0-9]+)"', number)[1]
    finally:
        server.terminate()
        if server.wait(timeout=60):
            wrong("ExecStart", server.stderr.read())
    # Whoever uses the command line as that user gets numbers of the same series, and knows the one from before.
    for command in (["next"], ["check", number], *([["check", number_before]] if number_before else [])):
        code, out, err = run(*before, "/usr/bin/tracking", *command, env=variables)
        if code:
            wrong(f"tracking {' '.join(command)}", out + err)
    return number


def installed(file):
    if os.environ.get("TRACKING_TEST_DEB") != "1":
        return print("left out: the package is not installed here (TRACKING_TEST_DEB=1 does it, as root)")
    if STATE.exists() or CONFIGURED.parent.exists() or shutil.which("tracking"):
        return wrong("TRACKING_TEST_DEB", "tracking is on this machine, and is left alone")
    try:
        lived(file)
    finally:
        # Whatever became of it, and what the test itself made.
        run("dpkg", "--purge", "tracking", env=ENVIRONMENT)
        shutil.rmtree(STATE, ignore_errors=True)
        run("userdel", "tracking", env=ENVIRONMENT)


def lived(file):
    """From the first install to the purge."""
    apt("install", file.resolve())
    if STATE.exists():
        wrong("install", f"makes {STATE} before anything is started")
    CONFIGURED.write_text("TRACKING_LISTEN=127.0.0.1:18080\n")
    first = as_the_unit_does(None)
    state = STATE / "default.series"
    kept = state.read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        apt("install", newer(file, Path(folder)))
    if run("dpkg-query", "-W", "-f=${Version}", "tracking", env=ENVIRONMENT)[1] != f"{VERSION}-2":
        wrong("upgrade", "did not take place")
    if not state.exists() or state.read_bytes() != kept or "18080" not in CONFIGURED.read_text():
        wrong("upgrade", "changed the state, or what was configured")
    second = as_the_unit_does(first)
    if second == first:
        wrong("upgrade", f"{first} was given twice")
    kept = state.read_bytes()
    apt("remove", "tracking")
    if not state.exists() or state.read_bytes() != kept or not CONFIGURED.exists():
        wrong("remove", "took the state or what was configured")
    if shutil.which("tracking") or shutil.which("tracking-http"):
        wrong("remove", "left a program")
    apt("install", file.resolve())
    as_the_unit_does(second)
    said = apt("purge", "tracking")
    if not state.exists() or f"left in place: {STATE}" not in said:
        wrong("purge", f"took the state, or does not say that it stays: {said}")
    if CONFIGURED.parent.exists():
        wrong("purge", "left what was configured")


def debian(folder):
    if not shutil.which("dpkg-deb"):
        return left_out("the packages: dpkg-deb is missing")
    for architecture in ARCHITECTURES:
        read(package(folder, NAMES[architecture]))
    if os.uname().machine in ARCHITECTURES:
        installed(package(folder, NAMES[os.uname().machine]))

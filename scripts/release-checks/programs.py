"""The programs, run where nothing else is: x86-64 in an empty root, aarch64 by qemu-user."""

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from common import ARCHITECTURES, PROGRAMS, VERSION, left_out, name, run, wrong

STORE = "file:/state/tried.series"


class Place:
    """Where programs run: a root that holds them and an empty folder, and the words before a command there."""

    def __init__(self, root, before, is_root):
        self.root, self.before, self.is_root = root, before, is_root

    def path(self, inside):
        return inside if self.is_root else str(self.root) + inside

    def command(self, program, *args):
        args = [arg.replace("/state/", self.path("/state/")) for arg in args]
        return [*self.before, self.path(f"/{program}"), *args]

    def run(self, program, *args, **more):
        # Neither HOME nor PATH nor anything else is there.
        return run(*self.command(program, *args), env={}, **more)

    @contextmanager
    def server(self, *args):
        """A server that listens, and its port; it is stopped at the end, which has to be a good one."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with open(self.root / "log", "w+") as log:
            command = self.command("tracking-http", "--listen", f"127.0.0.1:{port}", *args)
            server = subprocess.Popen(command, env={}, stdout=log, stderr=log)
            try:
                for _ in range(600):
                    if "listening on" in (self.root / "log").read_text() or server.poll() is not None:
                        break
                    time.sleep(0.1)
                yield port
            finally:
                server.terminate()
                code = server.wait(timeout=60)
                if code:
                    wrong(self.path("/tracking-http"), f"ended with {code}: {(self.root / 'log').read_text()}")


def asked(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
        return answer.read()


def tried(place, what):
    def expect(program, args, expected_code, *words, **more):
        code, out, err = place.run(program, *args, **more)
        said = out + err
        if code != expected_code or any(word not in said for word in words):
            wrong(what, f"{program} {' '.join(args)}: expected {expected_code} and {words}, found {code}: {said.strip()}")
        return out

    for program in PROGRAMS:
        expect(program, ["--version"], 0, f"{program} {VERSION}")
    numbers = expect("tracking", ["next", "-n", "1000", "--store", STORE], 0).split()
    numbers += expect("tracking", ["next", "-n", "1000", "--store", STORE], 0).split()
    if len(set(numbers)) != 2000:
        wrong(what, f"tracking next gave {len(set(numbers))} numbers of 2000")
    expect("tracking", ["check", "--store", STORE], 0, input="\n".join(numbers))
    expect("tracking", ["check", "--store", STORE, numbers[0][:-1] if numbers else ""], 1)
    # Of time zones nothing has to be installed.
    expect("tracking", ["next", "--store", STORE, "--format", "json", "--timezone", "Asia/Jakarta"], 0, "+07:00")
    expect("tracking", ["next", "--ledger", "sqlite:/state/ledger.db", "--store", STORE], 0)
    expect("tracking", ["ledger", "list", "--ledger", "sqlite:/state/ledger.db"], 0)
    # Without a home there is no place for a default.
    expect("tracking", ["next"], 3, "--store")
    expect("tracking-http", [], 3, "--store")
    # No host is known by name, and no authority; nobody listens at that port.
    expect("tracking", ["next", "--store", "redis://redis.invalid?connect_ms=1000"], 3, "redis.invalid")
    expect("tracking", ["next", "--store", "rediss://127.0.0.1:9?connect_ms=1000"], 3, "error: ")
    expect("tracking", ["next", "--store", "mysqls://tracking@127.0.0.1:9/shop?connect_ms=1000"], 3, "error: ")
    with place.server("--store", STORE) as port:
        expect("tracking-http", ["health", f"127.0.0.1:{port}"], 0)
        try:
            number = json.loads(asked(port, "/next-tracking-number?weight=1.2"))["tracking_number"]
            if number in numbers:
                wrong(what, f"{number} was given twice")
            if b"swagger" not in asked(port, "/docs"):
                wrong(what, "/docs is not the page")
        except OSError as error:
            wrong(what, f"the server does not answer: {error}")
    expect("tracking-http", ["health", f"127.0.0.1:{port}"], 1)


def programs(unpacked):
    for architecture in ARCHITECTURES:
        there = unpacked / name(architecture)
        with tempfile.TemporaryDirectory() as root:
            root = Path(root)
            (root / "state").mkdir()
            for program in PROGRAMS:
                shutil.copy(there / program, root)
            if os.uname().machine == architecture:
                if os.geteuid():
                    left_out(f"{architecture} in an empty root: only root may change it")
                    continue
                place = Place(root, ["/usr/sbin/chroot", str(root)], True)
            else:
                emulator = shutil.which(f"qemu-{architecture}")
                if not emulator:
                    left_out(f"{architecture}: qemu-{architecture} (Debian package qemu-user) is missing")
                    continue
                place = Place(root, [emulator], False)
            tried(place, there)

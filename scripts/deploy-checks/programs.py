"""What the programs take, and whether they would take what a file says."""

import re
import tempfile
from pathlib import Path

from common import PROGRAMS, run, wrong


class Programs:
    """What the programs take, by their own help."""

    def __init__(self):
        self.help = run(PROGRAMS / "tracking-http", "--help", env={"COLUMNS": "200"})[1]
        health = run(PROGRAMS / "tracking-http", "health", "--help")[1]
        tool = PROGRAMS / "tracking"
        commands = [[]]
        tool_help = ""
        while commands:
            command = commands.pop()
            said = run(tool, *command, "--help")[1]
            tool_help += said
            listed = re.search(r"^Commands:\n((?:  .*\n|\n)+)", said, re.M)
            names = re.findall(r"^  ([a-z][a-z-]+)  ", listed[1], re.M) if listed else []
            commands += [[*command, name] for name in names if name != "help"]
        words = self.help + health + tool_help
        self.flags = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*[a-z]", words))
        self.variables = set(re.findall(r"TRACKING_[A-Z_]+[A-Z]", words)) | {"TRACKING_KEY"}
        assert len(self.flags) > 30 and len(self.variables) > 25, (self.flags, self.variables)

    def default_seconds(self, flag):
        section = self.help.split(f"      {flag} ")[1]
        return int(re.search(r"\[default: (\d+)s\]", section)[1])


def seconds(text):
    return int(re.fullmatch(r"(\d+)s?", str(text))[1])


def nowhere(url):
    """The same URL with hosts that do not exist replaced by a port of this host that nobody has."""
    scheme, _, rest = url.partition("://")
    if not rest or scheme.endswith("+unix"):
        return url
    hosts, slash, path = rest.partition("/")
    user, at, hosts = hosts.rpartition("@")
    path, question, options = path.partition("?")
    nobody = ",".join("127.0.0.1:9" for _ in hosts.split(","))
    return f"{scheme}://{user}{at}{nobody}{slash}{path}{question}{options}"


def starts(file, programs, args, environment):
    """Whether the server takes these flags and variables, by its own --check: 3 where only what stands behind them
    is not there."""
    environment = {name: str(value) for name, value in environment.items()}
    for name in environment:
        if name.startswith("TRACKING_") and name not in programs.variables:
            wrong(file, f"no variable {name}")
        if re.fullmatch(r"\$\{\w+:\?.*\}", environment[name]):
            environment[name] = "00" * 16
    for name in ("TRACKING_STORE", "TRACKING_LEDGER"):
        if name in environment:
            environment[name] = nowhere(environment[name])
    with tempfile.TemporaryDirectory() as home:
        environment = {"XDG_STATE_HOME": home, **environment}
        if "TRACKING_TOKENS" in environment:
            environment["TRACKING_TOKENS"] = f"{home}/tokens.toml"
            Path(home, "tokens.toml").touch(0o600)
        if environment.get("XDG_STATE_HOME", "").startswith(("%", "/var")):
            environment["XDG_STATE_HOME"] = home
        args = [arg for arg in args if arg != "--check"]
        code, said = run(PROGRAMS / "tracking-http", "--check", *args, env=environment)
    # What is not there is said of a store or ledger; everything else is a mistake.
    errors = [line for line in said.splitlines() if line.startswith("error: ")]
    mistakes = [line for line in errors if "127.0.0.1:9" not in line]
    if code not in (0, 3) or mistakes:
        wrong(file, f"tracking-http --check {' '.join(args)}: exit code {code}: {said}")
    return environment


def drains(file, programs, environment, args, patience):
    """Whether what ends the server waits until it has drained."""

    def time(flag):
        variable = "TRACKING_" + flag[2:].upper().replace("-", "_")
        given = args[args.index(flag) + 1] if flag in args else environment.get(variable)
        return seconds(given) if given else programs.default_seconds(flag)

    needed = time("--drain-delay") + time("--drain-timeout")
    if patience <= needed:
        wrong(file, f"ends the server after {patience} s, and it may drain for {needed} s")


def health(file, test):
    """A health check by the program itself."""
    code, said = run(*[str(PROGRAMS / "tracking-http"), *test[1:], "--timeout", "1s", "127.0.0.1:9"])
    if test[0] != "/usr/local/bin/tracking-http" or code != 1:
        wrong(file, f"health check {test}: {said}")

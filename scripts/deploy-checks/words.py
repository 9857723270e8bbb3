"""What the texts name: variables, flags, files."""

import re
from pathlib import Path

from common import wrong


def words(root, programs):
    """Every variable of ours that is named anywhere, and every flag in a README's code or a comment."""
    for file in sorted(path for path in root.rglob("*") if path.is_file()):
        text = file.read_text()
        for name in set(re.findall(r"TRACKING_[A-Z_]+[A-Z]", text)) - programs.variables:
            wrong(file, f"no variable {name}")
        flags = []
        if file.suffix == ".md":
            flags = re.findall(r"`(--[a-z-]+)", text)
            code = re.findall(r"```text\n(.*?)```", text, re.S) + re.findall(r"`(tracking[^`]*)`", text)
            lines = [line for block in code for line in block.splitlines()]
            ours = [line for line in lines if re.match(r"(sudo -u tracking .*)?tracking(-http)? ", line)]
            flags += [flag for line in ours for flag in re.findall(r"(?<= )--[a-z][a-z-]+", line)]
        elif file.suffix in (".conf", ".yaml", ".service", ".cfg") and file.name != "compose.yaml":
            comments = [line for line in text.splitlines() if line.lstrip().startswith("#")]
            flags = [flag for line in comments for flag in re.findall(r"(?<![\w-])--[a-z][a-z-]+", line)]
        for flag in set(flags) - programs.flags:
            wrong(file, f"no flag {flag}")
        if file.suffix == ".md":
            for link in re.findall(r"\]\(([^)#:]+)[^)]*\)", text):
                beside = Path("deploy") / file.relative_to(root).parent / link
                if not beside.exists():
                    wrong(file, f"no file {link}")

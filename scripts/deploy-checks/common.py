"""What all checks share: what was found, and what the programs take."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

PROGRAMS = Path(sys.argv[1]).resolve()
REQUIRED = os.environ.get("TRACKING_REQUIRE_SERVERS") == "1"
found = []
skipped = set()


def wrong(file, what):
    found.append(f"{file}: {what}")


def run(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, **more)
    return done.returncode, done.stdout + done.stderr


def has(program):
    """Whether a program is there that Debian has."""
    if shutil.which(program):
        return True
    if REQUIRED:
        wrong(program, "is missing, and is required")
    skipped.add(program)
    return False


class Strict(yaml.SafeLoader):
    """Refuses keys that are given twice."""

    def construct_mapping(self, node, deep=False):
        self.flatten_mapping(node)
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        own = [key for key in keys if key != "<<"]
        merged = getattr(node, "merged", False)
        if len(own) != len(set(map(str, own))) and not merged:
            raise yaml.constructor.ConstructorError(None, None, f"a key is given twice: {own}", node.start_mark)
        return super().construct_mapping(node, deep)

    def flatten_mapping(self, node):
        node.merged = any(key.tag == "tag:yaml.org,2002:merge" for key, _ in node.value) or getattr(node, "merged", False)
        super().flatten_mapping(node)


def load(path):
    """The documents of a YAML or JSON file, or none where it is neither."""
    text = path.read_text()
    try:
        if path.suffix == ".json":
            return [json.loads(text)]
        return [document for document in yaml.load_all(text, Strict) if document is not None]
    except (json.JSONDecodeError, yaml.YAMLError) as error:
        wrong(path, f"cannot be read: {error}")
        return []

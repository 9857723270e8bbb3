"""Holds what crates.io would get to what a reader of it looks for, without building anything."""

import json
import re
import subprocess
import sys
from pathlib import Path

PUBLISHED = ["tracking-core", "tracking-ledger", "tracking-programs", "tracking-http", "tracking-cli"]
# Within a crate: its sources with what they include, and what Cargo adds.
PACKED = re.compile(
    r"(src/.+\.(rs|lua|sql|json|html|js|css|svg|txt)|build\.rs|examples/\w+\.rs|README\.md|LICENSE-(MIT|APACHE)"
    r"|Cargo\.(toml|toml\.orig|lock)|\.cargo_vcs_info\.json)"
)
NEEDED = {"src/lib.rs", "README.md", "LICENSE-MIT", "LICENSE-APACHE"}
FIELDS = ["description", "license", "documentation", "keywords", "categories", "rust_version", "readme"]
found = []


def cargo(*command):
    done = subprocess.run(["cargo", *command], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return done.stdout, done.stderr


def manifest(package):
    name = package["name"]
    for field in FIELDS:
        if not package[field]:
            found.append(f"{name}: no {field}")
    if len(package["keywords"]) > 5 or any(len(keyword) > 20 for keyword in package["keywords"]):
        found.append(f"{name}: more than 5 keywords, or one of more than 20 letters")
    for needed in package["dependencies"]:
        local = needed.get("path") and needed["kind"] != "dev"
        if local and (needed["name"] not in PUBLISHED or needed["req"] == "*"):
            found.append(f"{name}: needs {needed['name']}, which is not published, or in any version")


def packed(name):
    files, said = cargo("package", "--quiet", "--list", "--allow-dirty", "--offline", "--package", name)
    files = files.splitlines()
    needed = NEEDED if name != "tracking-cli" else NEEDED - {"src/lib.rs"}
    found.extend(f"{name}: {file} is packed" for file in files if not PACKED.fullmatch(file))
    found.extend(f"{name}: {file} is missing" for file in needed - set(files))
    # That tests are left out is on purpose.
    warnings = [line for line in said.splitlines() if line.startswith("warning") and "ignoring test" not in line]
    found.extend(f"{name}: {warning}" for warning in warnings)
    for file in Path(name, "src").rglob("*.rs"):
        for included in re.findall(r'include_(?:str|bytes)!\("([^"]+)"\)', file.read_text()):
            path = (file.parent / included).resolve()
            if not path.is_relative_to(Path(name, "src").resolve()) and "tests" not in (*file.parts, file.stem):
                found.append(f"{file}: includes {included}, which is not packed")


metadata = json.loads(cargo("metadata", "--no-deps", "--format-version=1", "--offline", "--locked")[0])
public = {package["name"]: package for package in metadata["packages"] if package["publish"] != []}
if set(public) != set(PUBLISHED):
    found.append(f"expected {PUBLISHED} to be published, found {sorted(public)}")
for name in PUBLISHED:
    manifest(public[name])
    packed(name)
for what in found:
    print(what)
print(f"{len(PUBLISHED)} crates are ready" if not found else f"{len(found)} faults")
sys.exit(1 if found else 0)

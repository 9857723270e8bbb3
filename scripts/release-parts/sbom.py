"""An SBOM of what is built: `sbom.py PACKAGE TRIPLE < SBOM > SBOM`, at the repository's root.

cargo-cyclonedx asks `cargo metadata`, which counts what only other members of the workspace and tests turn on; so what
`cargo tree` does not know of the program goes. Names of folders of the machine that built it go, too.
"""

import json
import subprocess
import sys
from pathlib import Path

package, triple = sys.argv[1:]
tree = subprocess.run(
    ["cargo", "tree", "--locked", "--package", package, "--edges", "normal,build", "--prefix", "none", "--target", triple],
    check=True, stdout=subprocess.PIPE, text=True,
).stdout
built = {tuple(line.split(" ")[:2]) for line in tree.replace(" v", " ").splitlines() if line}

bom = json.loads(sys.stdin.read().replace(Path.cwd().as_uri(), "file:///tracking"))
bom["components"] = [each for each in bom["components"] if (each["name"], each["version"]) in built]
kept = {each["bom-ref"] for each in bom["components"]} | {bom["metadata"]["component"]["bom-ref"]}
bom["dependencies"] = [
    {**each, "dependsOn": [ref for ref in each.get("dependsOn", []) if ref in kept]}
    for each in bom["dependencies"]
    if each["ref"] in kept
]
json.dump(bom, sys.stdout, indent=2)

"""The image, and compose.yaml."""

import json
import re
import shlex
from pathlib import Path

from common import load, run, wrong
from programs import drains, health, seconds, starts


def dockerfile(root, programs):
    file = root / "docker/Dockerfile"
    text = re.sub(r"\\\n", " ", file.read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    of = lambda word: [line.split(" ", 1)[1].strip() for line in lines if line.startswith(word + " ")]
    known = "FROM ARG WORKDIR COPY RUN ENV USER VOLUME EXPOSE STOPSIGNAL HEALTHCHECK ENTRYPOINT".split()
    for line in lines:
        if line.split(" ")[0] not in known:
            wrong(file, f"no instruction: {line}")
    version = re.search(r'^rust-version = "(.*)"', Path("Cargo.toml").read_text(), re.M)[1]
    if not of("FROM")[0].startswith(f"rust:{version}-"):
        wrong(file, f"does not build with Rust {version}, as Cargo.toml says")
    environment = dict(pair.split("=", 1) for env in of("ENV") for pair in shlex.split(env))
    entry = json.loads(of("ENTRYPOINT")[0])
    if entry[0] != "/usr/local/bin/tracking-http":
        wrong(file, f"starts {entry}")
    starts(file, programs, entry[1:], {**environment, "TRACKING_ALLOW_ANONYMOUS": "1"})
    health(file, json.loads(of("HEALTHCHECK")[0].split("CMD", 1)[1]))
    if of("USER")[-1].split(":")[0] in ("0", "root"):
        wrong(file, "runs as root")
    cargo = re.search(r"cargo build ([^&]*)", of("RUN")[0])[1].split()
    for package in [word for before, word in zip(cargo, cargo[1:]) if before == "--package"]:
        if not Path(package, "Cargo.toml").exists():
            wrong(file, f"there is no package {package}")
    # The context has every folder of the workspace, and what the build copies by name.
    ignored = (root / "docker/Dockerfile.dockerignore").read_text()
    members = json.loads(run("cargo", "metadata", "--no-deps", "--format-version=1", "--quiet")[1])
    for package in members["packages"]:
        folder = Path(package["manifest_path"]).parent.name
        if f"!{folder}\n" not in ignored:
            wrong(root / "docker/Dockerfile.dockerignore", f"leaves {folder} out")
    return environment


def compose(root, programs, image_environment):
    file = root / "docker/compose.yaml"
    for document in load(file):
        services = document["services"]
        addresses = {}
        for name, service in services.items():
            for mount in service.get("volumes", []):
                source = mount.split(":")[0]
                if source.startswith(".") and not (file.parent / source).exists():
                    wrong(file, f"{name}: there is no {source}")
                if not source.startswith(".") and source not in document["volumes"]:
                    wrong(file, f"{name}: there is no volume {source}")
            for needed in service.get("depends_on", []):
                if needed not in services:
                    wrong(file, f"{name}: there is no service {needed}")
            networks = service["networks"]
            if isinstance(networks, dict):
                addresses[name] = networks["tracking"]["ipv4_address"]
        ours = {name: service for name, service in services.items() if service["image"] == "tracking"}
        if len(ours) != 2:
            wrong(file, f"expected two servers, found {list(ours)}")
        for name, service in ours.items():
            args = service.get("command", [])
            environment = {**image_environment, **service["environment"]}
            starts(file, programs, args, environment)
            drains(file, programs, environment, args, seconds(service["stop_grace_period"]))
            health(file, service["healthcheck"]["test"][1:])
            if environment.get("TRACKING_TRUSTED_PROXY") != addresses["nginx"]:
                wrong(file, f"{name} does not trust the address of nginx")
        upstream = (root / "docker/upstream.conf").read_text()
        asked = set(re.findall(r"server ([\d.]+):8080", upstream))
        if asked != {addresses[name] for name in ours}:
            wrong(root / "docker/upstream.conf", f"asks {asked}, and the servers are at {addresses}")
        if not all(port.startswith("127.0.0.1:") for service in services.values() for port in service.get("ports", [])):
            wrong(file, "publishes a port to other hosts")
    scraped = load(root / "docker/prometheus.yml")[0]["scrape_configs"][0]["static_configs"][0]["targets"]
    if {target.split(":")[0] for target in scraped} != set(ours):
        wrong(root / "docker/prometheus.yml", f"asks {scraped}")

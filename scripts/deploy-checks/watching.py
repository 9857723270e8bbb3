"""What watches: the dashboard, and how Prometheus asks."""

import json
import re
import shutil
import tempfile
from pathlib import Path

from common import has, load, run, wrong


def dashboard(root):
    file = root / "grafana/tracking.json"
    table = Path("tracking-http/README.md").read_text().split("\n## Metrics\n")[1].split("\n## ")[0]
    rows = [[cell.strip(" `") for cell in row.split("|")[1:4]] for row in re.findall(r"^\| `.*", table, re.M)]
    metrics = {name for name, _, _ in rows} | {"up"}
    for name, kind, _ in rows:
        if kind == "histogram":
            metrics |= {f"{name}_{part}" for part in ("bucket", "count", "sum")}
    labels = {label.strip("` ") for _, _, all in rows for label in all.split(",")} | {"job", "instance", "le", ""}
    document = load(file)[0]
    expressions = [target["expr"] for panel in document["panels"] for target in panel["targets"]]
    expressions += [re.search(r"\((.*),", variable["query"]["query"])[1] for variable in document["templating"]["list"] if variable["type"] == "query"]
    for expression in expressions:
        for name in re.findall(r"\b(?:tracking|process)_\w+|\bup\b", expression):
            if name not in metrics:
                wrong(file, f"no metric {name}")
        for names in re.findall(r"by \(([^)]*)\)", expression) + re.findall(r"(\w+)=~?\"", expression):
            if not {name.strip() for name in names.split(",")} <= labels:
                wrong(file, f"no label {names}")
    if has("promtool"):
        plain = [expression.replace("$__rate_interval", "5m").replace("$instance", ".*") for expression in expressions]
        rules = [{"record": f"panel:{index}", "expr": expression} for index, expression in enumerate(plain)]
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "rules.yml").write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}))
            code, said = run("promtool", "check", "rules", f"{folder}/rules.yml")
            if code:
                wrong(file, said)
    identities = [panel["id"] for panel in document["panels"]]
    if len(expressions) < 20 or len(identities) != len(set(identities)):
        wrong(file, "has few panels, or two of one id")


def prometheus(root):
    if has("promtool"):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(root / "docker/prometheus.yml", folder)
            shutil.copy(root / "prometheus/tracking.rules.yml", folder)
            code, said = run("promtool", "check", "config", f"{folder}/prometheus.yml")
            if code:
                wrong(root / "docker/prometheus.yml", said)

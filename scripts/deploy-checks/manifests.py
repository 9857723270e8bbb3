"""The manifests of Kubernetes."""

import shutil

import kubernetes_validate
import yaml

from common import Strict, load, run, wrong
from programs import drains, seconds, starts

KUBERNETES = "1.33"


def kubernetes(root, programs):
    folder = root / "kubernetes"
    files = {path.name: load(path) for path in folder.glob("*.yaml")}
    listed = files["kustomization.yaml"][0]["resources"]
    for name in set(files) - {"kustomization.yaml", "secret.example.yaml"} ^ set(listed):
        wrong(folder / "kustomization.yaml", f"{name} is not there, or not listed")
    documents = [(folder / name, document) for name, all in files.items() for document in all]
    # Debian 12 has none: what is here is looked at once more as it would be applied.
    if shutil.which("kubectl"):
        code, said = run("kubectl", "kustomize", str(folder))
        if code:
            wrong(folder, said)
        else:
            documents += [(folder, document) for document in yaml.load_all(said, Strict)]
    by_kind = {document["kind"]: document for _, document in documents}
    for file, document in documents:
        # Of other makers, who publish no schema there.
        if document["kind"] in ("Kustomization", "ServiceMonitor"):
            continue
        try:
            kubernetes_validate.validate(document, KUBERNETES, strict=True)
        except kubernetes_validate.ValidationError as error:
            wrong(file, f"{document['kind']}: {error.message}")
    pod = by_kind["Deployment"]["spec"]["template"]
    labels = pod["metadata"]["labels"].items()
    selectors = {
        "Deployment": lambda spec: spec["selector"]["matchLabels"],
        "Service": lambda spec: spec["selector"],
        "PodDisruptionBudget": lambda spec: spec["selector"]["matchLabels"],
        "NetworkPolicy": lambda spec: spec["podSelector"]["matchLabels"],
    }
    for kind, of in selectors.items():
        selector = of(by_kind[kind]["spec"]).items()
        if not selector or not selector <= labels:
            wrong(folder, f"{kind} does not choose the pods")
    if not by_kind["ServiceMonitor"]["spec"]["selector"]["matchLabels"].items() <= by_kind["Service"]["metadata"]["labels"].items():
        wrong(folder, "ServiceMonitor does not choose the service")
    ports = {port["name"] for port in by_kind["Service"]["spec"]["ports"]}
    if not {endpoint["port"] for endpoint in by_kind["ServiceMonitor"]["spec"]["endpoints"]} <= ports:
        wrong(folder, "ServiceMonitor asks a port that the service has not")
    target = by_kind["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]
    if target["name"] != by_kind["Deployment"]["metadata"]["name"]:
        wrong(folder, "HorizontalPodAutoscaler scales nothing")

    secrets = {secret["metadata"]["name"]: secret["stringData"] for secret in files["secret.example.yaml"]}
    spec = pod["spec"]
    container = spec["containers"][0]
    environment = dict(by_kind["ConfigMap"]["data"])
    for entry in container["env"]:
        reference = entry["valueFrom"]["secretKeyRef"]
        environment[entry["name"]] = secrets.get(reference["name"], {}).get(reference["key"], "missing")
        if environment[entry["name"]] == "missing":
            wrong(folder, f"no secret {reference}")
    tokens = environment.get("TRACKING_TOKENS")
    volume = next(volume for volume in spec["volumes"] if volume["name"] == "tokens")
    mount = next(mount for mount in container["volumeMounts"] if mount["name"] == "tokens")
    if tokens not in [f"{mount['mountPath']}/{item['path']}" for item in volume["secret"]["items"]]:
        wrong(folder, f"nothing is mounted at {tokens}")
    starts(folder, programs, container.get("args", []), environment)
    drains(folder, programs, environment, [], spec["terminationGracePeriodSeconds"])
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        expected = "/readyz" if probe == "readinessProbe" else "/livez"
        if container[probe]["httpGet"]["path"] != expected:
            wrong(folder, f"{probe} does not ask {expected}")
    noticed = container["readinessProbe"]["periodSeconds"] * container["readinessProbe"]["failureThreshold"]
    if noticed >= seconds(environment["TRACKING_DRAIN_DELAY"]):
        wrong(folder, f"that a pod is to end is seen after {noticed} s, and it goes on for no longer than that")
    # Pod Security Standards, restricted.
    of_pod, own = spec["securityContext"], container["securityContext"]
    restricted = [
        of_pod["runAsNonRoot"] is True and of_pod["runAsUser"] != 0,
        of_pod["seccompProfile"]["type"] == "RuntimeDefault",
        own["allowPrivilegeEscalation"] is False,
        own["capabilities"] == {"drop": ["ALL"]},
        own.get("readOnlyRootFilesystem") is True,
        spec["automountServiceAccountToken"] is False,
        spec["enableServiceLinks"] is False,
    ]
    if not all(restricted):
        wrong(folder, f"is not restricted: {restricted}")

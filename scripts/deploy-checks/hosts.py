"""Units of systemd, and bundles for Elastic Beanstalk."""

import re
import shlex
import tempfile
from pathlib import Path

import yaml

from common import PROGRAMS, Strict, has, load, run, wrong
from programs import drains, seconds, starts


def systemd(root, programs):
    file = root / "systemd/tracking-http.service"
    lines = [line.split("=", 1) for line in file.read_text().splitlines() if "=" in line and not line.startswith("#")]
    of = lambda name: [value for key, value in lines if key == name]
    environment = dict(pair.split("=", 1) for pair in of("Environment"))
    for command in of("ExecStartPre") + of("ExecStart"):
        program, *args = shlex.split(command)
        if program != "/usr/bin/tracking-http":
            wrong(file, f"starts {program}")
        starts(file, programs, args, environment)
    drains(file, programs, environment, [], seconds(of("TimeoutStopSec")[0]))
    if has("systemd-analyze"):
        said = run("systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=20", str(file))
        if said[0]:
            wrong(file, said[1].splitlines()[-1])
        with tempfile.TemporaryDirectory() as folder:
            # It looks for the program, which is not installed.
            unit = Path(folder, file.name)
            unit.write_text(file.read_text().replace("/usr/bin/tracking-http", str(PROGRAMS.resolve() / "tracking-http")))
            code, said = run("systemd-analyze", "verify", "--man=no", str(unit))
            ours = [line for line in said.splitlines() if "tracking" in line]
            if ours:
                wrong(file, "; ".join(ours))


def elastic_beanstalk(root, programs):
    folder = root / "elastic-beanstalk"
    port = load(folder / "docker/Dockerrun.aws.json")[0]["Ports"][0]["ContainerPort"]
    for bundle in ("docker", "procfile"):
        file = folder / bundle / ".ebextensions/tracking.config"
        options = yaml.load(file.read_text(), Strict)["option_settings"]
        environment = dict(options["aws:elasticbeanstalk:application:environment"])
        environment |= {name: "00" * 16 for name in options["aws:elasticbeanstalk:application:environmentsecrets"]}
        if bundle == "procfile":
            web = re.fullmatch(r"web: \./tracking-http (.*)\n", (folder / bundle / "Procfile").read_text())
            args = shlex.split(web[1])
            listen, port = args[args.index("--listen") + 1], environment.pop("PORT")
        else:
            args, listen = [], environment.get("TRACKING_LISTEN", "")
        if not listen.endswith(f":{port}"):
            wrong(file, f"listens on {listen}, and is asked at {port}")
        # What a store in a cloud asks for by TLS is not asked here.
        starts(file, programs, args, environment)
        process = options["aws:elasticbeanstalk:environment:process:default"]
        if process["HealthCheckPath"] != "/readyz":
            wrong(file, "does not ask /readyz")
        delay = seconds(process["DeregistrationDelay"])
        if delay < programs.default_seconds("--drain-timeout"):
            wrong(file, f"gives what is in flight {delay} s only")

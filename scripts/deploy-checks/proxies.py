"""The configurations of proxies, as the proxies read them."""

import shutil
import tempfile
from pathlib import Path

from common import has, run, wrong


def make_certificate(folder):
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=a",
        "-keyout", str(folder / "tracking.key"), "-out", str(folder / "tracking.crt"))


def proxies(root):
    if has("nginx") and has("openssl"):
        for name in ("nginx/tracking.conf", "docker/nginx.conf"):
            with tempfile.TemporaryDirectory() as folder:
                folder = Path(folder)
                shutil.copytree(root / "nginx/tracking", folder / "tracking")
                if name.startswith("docker"):
                    shutil.copy(root / "docker/upstream.conf", folder / "tracking")
                (folder / "tls").mkdir()
                make_certificate(folder / "tls")
                text = (root / name).read_text()
                for path in ("/etc/nginx", "/var/log/nginx"):
                    text = text.replace(path, str(folder))
                (folder / "conf").write_text(text)
                (folder / "nginx.conf").write_text("pid pid; events {} http { include conf; }")
                code, said = run("nginx", "-t", "-q", "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "log"))
                if code:
                    wrong(root / name, said)
    if has("haproxy") and has("openssl"):
        file = root / "haproxy/haproxy.cfg"
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            make_certificate(folder)
            whole = (folder / "tracking.crt").read_text() + (folder / "tracking.key").read_text()
            (folder / "tracking.pem").write_text(whole)
            (folder / "haproxy.cfg").write_text(file.read_text().replace("/etc/haproxy", str(folder)))
            code, said = run("haproxy", "-c", "-f", str(folder / "haproxy.cfg"))
            if code:
                wrong(file, said)

//! A proxy with the files of `deploy`, on free ports and in a temporary folder.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::redis_servers::server::{free_port, is_installed, until};

/// A program that stands before servers.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Nginx,
    HaProxy,
}

/// Stopped when it is dropped.
pub(super) struct Proxy {
    child: Child,
    folder: TempDir,
    port: u16,
}

impl Proxy {
    /// With two servers behind it; none where a program is missing.
    pub(super) fn start(kind: Kind, servers: [SocketAddr; 2]) -> Option<Self> {
        let program = kind.program();
        if ![program, "openssl", "curl"].into_iter().all(is_installed) {
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let (port, plain_port) = (free_port(), free_port());
        make_certificate(root);
        kind.copy_files(root, servers, [port, plain_port]);
        let log = fs::File::create(root.join("start.log")).unwrap();
        let child = Command::new(program)
            .args(kind.arguments())
            .current_dir(root)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut proxy = Self {
            child,
            folder,
            port,
        };
        until("the proxy listens", || {
            let ended = proxy.child.try_wait().unwrap();
            assert_eq!(ended, None, "{}", proxy.read("start.log"));
            [port, plain_port]
                .iter()
                .all(|port| TcpStream::connect(("127.0.0.1", *port)).is_ok())
        });
        Some(proxy)
    }

    pub(super) fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    pub(super) fn certificate(&self) -> PathBuf {
        self.folder.path().join("tls/tracking.crt")
    }

    /// What stands in a file of its folder.
    pub(super) fn read(&self, file: &str) -> String {
        fs::read_to_string(self.folder.path().join(file)).unwrap()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // Its workers end with it.
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("the proxy: {}", self.read("start.log"));
        }
    }
}

/// What a distribution's nginx.conf has, as far as it is needed.
const NGINX_MAIN: &str = "\
daemon off;
worker_processes 2;
user root;
pid nginx.pid;
error_log start.log;
events { worker_connections 4096; }
http {
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    include tracking.conf;
}
";

impl Kind {
    fn program(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::HaProxy => "haproxy",
        }
    }

    /// In its folder.
    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Nginx => &["-p", ".", "-c", "nginx.conf", "-e", "start.log"],
            Self::HaProxy => &["-db", "-f", "haproxy.cfg"],
        }
    }

    /// The files of `deploy`, in which nothing but addresses, ports and paths is replaced.
    fn copy_files(self, root: &Path, servers: [SocketAddr; 2], [port, plain_port]: [u16; 2]) {
        let deployed = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../deploy")
            .join(self.program());
        let here = root.display();
        let servers = [
            ("127.0.0.1:8081", servers[0].to_string()),
            ("127.0.0.1:8082", servers[1].to_string()),
        ];
        let places = match self {
            Self::Nginx => vec![
                ("listen 443 ", format!("listen 127.0.0.1:{port} ")),
                ("listen [::]:443 ", format!("listen [::1]:{port} ")),
                ("listen 80;", format!("listen 127.0.0.1:{plain_port};")),
                ("listen [::]:80;", format!("listen [::1]:{plain_port};")),
                ("/etc/nginx/", format!("{here}/")),
                ("/var/log/nginx/", format!("{here}/")),
            ],
            Self::HaProxy => vec![
                ("bind :443 ", format!("bind 127.0.0.1:{port} ")),
                ("bind :80\n", format!("bind 127.0.0.1:{plain_port}\n")),
                ("/etc/haproxy/", format!("{here}/tls/")),
            ],
        };
        let changes = [&servers[..], &places].concat();
        let mut unused: Vec<&str> = changes.iter().map(|(from, _)| *from).collect();
        for file in self.files(&deployed) {
            let text = fs::read_to_string(deployed.join(&file)).unwrap();
            unused.retain(|from| !text.contains(from));
            let text = changes
                .iter()
                .fold(text, |text, (from, to)| text.replace(from, to));
            fs::create_dir_all(root.join(&file).parent().unwrap()).unwrap();
            fs::write(root.join(&file), text).unwrap();
        }
        assert_eq!(unused, [""; 0], "the files do not say this any more");
        if self == Self::Nginx {
            fs::write(root.join("nginx.conf"), NGINX_MAIN).unwrap();
        }
    }

    /// The files of its configuration, as paths below their folder.
    fn files(self, folder: &Path) -> Vec<PathBuf> {
        match self {
            Self::Nginx => {
                let inner = fs::read_dir(folder.join("tracking")).unwrap();
                let inner =
                    inner.map(|entry| Path::new("tracking").join(entry.unwrap().file_name()));
                inner.chain(["tracking.conf".into()]).collect()
            }
            Self::HaProxy => vec!["haproxy.cfg".into()],
        }
    }
}

fn make_certificate(root: &Path) {
    fs::create_dir(root.join("tls")).unwrap();
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt"])
        .args(["ec_paramgen_curve:P-256", "-nodes", "-days", "2"])
        .args([
            "-subj",
            "/CN=tracking",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
        ])
        .args(["-keyout", "tls/tracking.key", "-out", "tls/tracking.crt"])
        .current_dir(root)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let both =
        ["tracking.crt", "tracking.key"].map(|file| fs::read(root.join("tls").join(file)).unwrap());
    fs::write(root.join("tls/tracking.pem"), both.concat()).unwrap();
}

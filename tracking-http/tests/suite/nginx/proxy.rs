//! An nginx with the files of `deploy/nginx`, on free ports and in a temporary folder.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::redis_servers::server::{free_port, until};

/// Stopped when it is dropped.
pub(super) struct Nginx {
    child: Child,
    folder: TempDir,
    port: u16,
}

impl Nginx {
    /// With two servers behind it.
    pub(super) fn start(servers: [SocketAddr; 2]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (port, plain_port) = (free_port(), free_port());
        let root = folder.path();
        let changes = [
            ("127.0.0.1:8081", servers[0].to_string()),
            ("127.0.0.1:8082", servers[1].to_string()),
            ("listen 443 ", format!("listen 127.0.0.1:{port} ")),
            ("listen [::]:443 ", format!("listen [::1]:{port} ")),
            ("listen 80;", format!("listen 127.0.0.1:{plain_port};")),
            ("listen [::]:80;", format!("listen [::1]:{plain_port};")),
            ("/etc/nginx/", format!("{}/", root.display())),
            ("/var/log/nginx/", format!("{}/", root.display())),
        ];
        let mut unused: Vec<&str> = changes.iter().map(|(from, _)| *from).collect();
        fs::create_dir(root.join("tracking")).unwrap();
        for file in files(&deployed()) {
            let text = fs::read_to_string(deployed().join(&file)).unwrap();
            let text = changes.iter().fold(text, |text, (from, to)| {
                if text.contains(from) {
                    unused.retain(|unused| unused != from);
                }
                text.replace(from, to)
            });
            fs::write(root.join(&file), text).unwrap();
        }
        assert_eq!(unused, [""; 0], "the files do not say this any more");
        make_certificate(root);
        fs::write(root.join("nginx.conf"), MAIN).unwrap();
        let log = fs::File::create(root.join("start.log")).unwrap();
        let child = Command::new("nginx")
            .args(["-p".as_ref(), root, "-c".as_ref(), &root.join("nginx.conf")])
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut nginx = Self {
            child,
            folder,
            port,
        };
        until("nginx listens", || {
            let ended = nginx.child.try_wait().unwrap();
            assert_eq!(ended, None, "{}", nginx.read("start.log"));
            TcpStream::connect(("127.0.0.1", port)).is_ok()
                && TcpStream::connect(("127.0.0.1", plain_port)).is_ok()
        });
        nginx
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

impl Drop for Nginx {
    fn drop(&mut self) {
        // Its workers end with it.
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("nginx: {}", self.read("start.log"));
        }
    }
}

/// What a distribution's nginx.conf has, as far as it is needed.
const MAIN: &str = "\
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

fn deployed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/nginx")
}

/// The files of the configuration, as paths below its folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let inner = fs::read_dir(folder.join("tracking")).unwrap();
    let inner = inner.map(|entry| Path::new("tracking").join(entry.unwrap().file_name()));
    inner.chain(["tracking.conf".into()]).collect()
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
}

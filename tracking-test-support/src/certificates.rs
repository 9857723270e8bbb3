//! Certificates for servers of this host.

use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::programs::{found, is_installed};

/// A folder with `server.pem` and `server.key` for `localhost` and 127.0.0.1, signed by `ca.pem`; and `other.pem`, of
/// another authority.
pub struct Certificates(TempDir);

impl Certificates {
    /// `None` where the program is missing, which the test then says.
    pub fn make() -> Option<Self> {
        if !is_installed("openssl") {
            return None;
        }
        let folder = tempfile::tempdir().expect("a temporary folder");
        let extensions = "subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n";
        std::fs::write(folder.path().join("ext"), extensions).expect("a file");
        for words in [
            "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=ca",
            "req -x509 -newkey rsa:2048 -nodes -keyout other.key -out other.pem -days 2 -subj /CN=other",
            "req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=server",
            "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem -days 2 -extfile ext",
        ] {
            openssl(folder.path(), words);
        }
        Some(Self(folder))
    }

    /// The path of a file, of these or of the test's own.
    pub fn file(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }
}

fn openssl(folder: &Path, words: &str) {
    let status = Command::new(found("openssl"))
        .current_dir(folder)
        .args(words.split_ascii_whitespace())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("it is installed");
    assert!(status.success(), "openssl {words}");
}

//! Which server is tried: MariaDB, or the MySQL that a variable names.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::programs::{found, is_installed};

/// The path of a `mysqld` that all tests of MariaDB are to run with instead.
const MYSQLD: &str = "TRACKING_TEST_MYSQLD";

/// MySQL makes a root who comes by the socket alone.
const ROOT_BY_PORT: &str = "CREATE USER root@'127.0.0.1';
GRANT ALL ON *.* TO root@'127.0.0.1' WITH GRANT OPTION;
";

/// A server's program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Program {
    /// Debian's `mariadbd`.
    MariaDb,
    /// A `mysqld` from 8.0 on.
    MySql(PathBuf),
}

impl Program {
    /// The one to try; `None` where it is missing, which is said.
    pub fn to_try() -> Option<Self> {
        if let Some(path) = std::env::var_os(MYSQLD) {
            return Some(Self::MySql(path.into()));
        }
        (is_installed("mariadbd") && is_installed("mariadb-install-db")).then_some(Self::MariaDb)
    }

    /// Whether it is a MySQL.
    pub fn is_mysql(&self) -> bool {
        matches!(self, Self::MySql(_))
    }

    /// The variable that tells one server from another.
    pub fn identity(&self) -> &'static str {
        match self {
            Self::MariaDb => "server_uid",
            Self::MySql(_) => "server_uuid",
        }
    }

    /// The argument that has it offer no TLS.
    pub fn without_tls(&self) -> &'static str {
        match self {
            Self::MariaDb => "--skip-ssl",
            Self::MySql(_) => "--tls-version=",
        }
    }

    /// A command that starts it.
    pub(super) fn command(&self) -> Command {
        Command::new(match self {
            Self::MariaDb => found("mariadbd"),
            Self::MySql(path) => path.clone(),
        })
    }

    /// Small files, for a server that keeps one row.
    pub(super) fn small(&self) -> &'static [&'static str] {
        match self {
            Self::MariaDb => &[
                "--innodb-log-file-size=8M",
                "--innodb-buffer-pool-size=16M",
                "--innodb-undo-tablespaces=0",
                "--innodb-data-file-path=ibdata1:4M:autoextend",
            ],
            Self::MySql(_) => &[
                "--innodb-log-file-size=8M",
                "--innodb-buffer-pool-size=16M",
                "--innodb-data-file-path=ibdata1:5M:autoextend",
                "--performance-schema=OFF",
                "--mysqlx=OFF",
                "--secure-file-priv=NULL",
            ],
        }
    }

    /// A command that makes `data` in a folder for a new server, whose root has no password.
    pub(super) fn command_to_make(&self, folder: &Path) -> Command {
        let mut command = match self {
            Self::MariaDb => {
                let mut command = Command::new(found("mariadb-install-db"));
                command
                    .arg("--no-defaults")
                    .arg("--auth-root-authentication-method=normal")
                    .args(["--skip-test-db", "--skip-name-resolve"]);
                command
            }
            Self::MySql(_) => {
                let mut command = self.command();
                let roots = folder.join("roots.sql");
                std::fs::write(&roots, ROOT_BY_PORT).expect("a file");
                command
                    .args(["--no-defaults", "--initialize-insecure"])
                    .arg(format!("--init-file={}", roots.display()));
                command
            }
        };
        command
            .args(self.small())
            .arg(format!("--datadir={}", folder.join("data").display()));
        command
    }

    /// Its name and version, as a part of a file's name.
    pub(super) fn version(&self) -> String {
        let output = self
            .command()
            .args(["--no-defaults", "--version"])
            .output()
            .expect("it is installed");
        let text = String::from_utf8_lossy(&output.stdout);
        let word = text
            .split(' ')
            .find(|word| word.starts_with(|c: char| c.is_ascii_digit()));
        let version = word.unwrap_or("unknown").replace('/', "-");
        match self {
            Self::MariaDb => format!("mariadb-{version}"),
            Self::MySql(_) => format!("mysql-{version}"),
        }
    }
}

//! The data folder of a new server: made once, and copied for each server.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::program::Program;

/// Beside what Cargo builds.
const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/tmp");

/// A temporary folder with the data of a new server in `data`.
pub fn new(program: &Program) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    copy(&template(program), &folder.path().join("data"));
    folder
}

/// Copy a data folder, whose server does not run.
pub fn copy(from: &Path, to: &Path) {
    let status = Command::new("cp")
        .arg("-a")
        .arg(from)
        .arg(to)
        .status()
        .expect("cp runs");
    assert!(status.success(), "cp -a: {status}");
}

/// `--user=root`, where that is who we are: the server runs as nobody else's user.
pub fn user() -> Option<&'static str> {
    rustix::process::geteuid()
        .is_root()
        .then_some("--user=root")
}

/// Making one takes seconds, so it is kept beside what Cargo builds, for as long as the program is the same.
fn template(program: &Program) -> PathBuf {
    let kept = PathBuf::from(KEPT).join(program.version());
    if kept.is_dir() {
        return kept;
    }
    std::fs::create_dir_all(KEPT).expect("a folder for what is kept");
    // One test program makes it, and the others wait: several at once get in each other's way.
    let lock = File::create(PathBuf::from(KEPT).join("mariadb.lock")).expect("a file");
    lock.lock().expect("a lock");
    if kept.is_dir() {
        return kept;
    }
    let parent = tempfile::tempdir_in(KEPT).expect("a temporary folder");
    let data = parent.path().join("data");
    let log = parent.path().join("log");
    let status = program
        .command_to_make(parent.path())
        .args(user())
        .env("TMPDIR", parent.path())
        .stdin(Stdio::null())
        .stdout(File::create(&log).expect("a file"))
        .stderr(File::options().append(true).open(&log).expect("a file"))
        .status()
        .expect("it is installed");
    let told = || std::fs::read_to_string(&log).unwrap_or_default();
    assert!(status.success(), "a new data folder: {status}\n{}", told());
    std::fs::rename(&data, &kept).expect("it is given its name");
    kept
}

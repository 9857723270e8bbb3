//! The programs that a test needs.

use std::path::PathBuf;

/// Whether a program is there. If not, the test says so and ends; where servers are required
/// (`TRACKING_REQUIRE_SERVERS=1`), it fails.
pub fn is_installed(name: &str) -> bool {
    program(name).is_some()
}

/// Where a program is, told as [`is_installed`] does.
pub fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Servers are there, where not every user looks.
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into()]);
    let mut paths = folders.map(|folder| folder.join(name));
    let found = paths.find(|path| path.is_file());
    if found.is_none() {
        not_here(&format!("{name}, which is not installed"));
    }
    found
}

/// Something that this machine does not offer: the test says so, and fails where all must run
/// (`TRACKING_REQUIRE_SERVERS=1`).
pub fn not_here(what: &str) {
    eprintln!("not tested here: {what}");
    let all = std::env::var("TRACKING_REQUIRE_SERVERS").is_ok_and(|value| value == "1");
    assert!(!all, "TRACKING_REQUIRE_SERVERS=1, but not here: {what}");
}

/// Where a program is that was looked for.
pub(crate) fn found(name: &str) -> PathBuf {
    program(name).expect("it is installed")
}

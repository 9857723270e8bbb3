//! The file of tokens.

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use tracking_programs::tokens::{TokenEntry, file};

use crate::order::plain;

static PATH: LazyLock<(tempfile::TempDir, PathBuf)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokens.toml");
    (folder, path)
});

/// What is read is read again, the same, from what its tokens display; and no message repeats a digest or what
/// stands where one does.
pub fn run(data: &[u8]) {
    let path = &PATH.1;
    fs::write(path, data).unwrap();
    let entries = match file::read(path) {
        Ok(entries) => entries,
        Err(error) => return plain(&error.to_string()),
    };
    let text = shown(&entries);
    fs::write(path, &text).unwrap();
    let again = file::read(path).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(shown(&again), text);
    let lines = file::read_lines(path).unwrap();
    assert!(lines.windows(2).all(|two| two[0].line < two[1].line));
}

fn shown(entries: &[TokenEntry]) -> String {
    entries.iter().map(|entry| format!("{entry}\n")).collect()
}

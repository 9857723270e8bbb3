//! What happens to a state file, from outside, under a process that uses it: nothing repeats, and
//! the messages say what is wrong and what to do.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by a panic"
)]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use tracking_core::{Block, FileAllocator, OpenStore};

#[path = "file_faults/crowd.rs"]
mod crowd;
#[path = "file_faults/place.rs"]
mod place;
#[path = "file_faults/replaced.rs"]
mod replaced;
mod support;

use support::{open, reserve};

/// A store that has granted before and after a copy was made of its file.
struct Running {
    folder: tempfile::TempDir,
    allocator: FileAllocator,
    last: Block,
}

impl Running {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.series");
        let allocator = open(&path).unwrap();
        reserve(&allocator, 5).unwrap();
        fs::copy(&path, folder.path().join("older")).unwrap();
        reserve(&allocator, 1000).unwrap();
        let last = reserve(&allocator, 1000).unwrap();
        Self {
            folder,
            allocator,
            last,
        }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// It goes on, in this process and in a new one, above all that it granted.
    fn goes_on(&mut self) {
        let fresh = open(&self.path("a.series")).unwrap();
        for allocator in [&self.allocator, &fresh, &self.allocator] {
            let next = reserve(allocator, 10).unwrap();
            // By their ticks: a file that took another's place goes on in another lane.
            assert!(
                self.last.last().tick() < next.start().tick(),
                "{} then {}",
                self.last.last(),
                next.start()
            );
            self.last = next;
        }
    }
}

/// The same file written over in place.
fn change(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

fn make_fifo(path: &Path) {
    let made = Command::new("mkfifo").arg(path).status().unwrap();
    assert!(made.success());
}

const WHOLE_COPY: &str =
    "put back a whole copy (nothing repeats), or move it away and restore the series from its key";

/// Refused by the running process and by a new one, until the file is as it was.
#[test]
fn refuses_a_file_that_is_not_as_it_should_be() {
    type Case = (&'static str, fn(&Running), String);
    let cases: [Case; 11] = [
        (
            "truncated",
            |it| change(&it.path("a.series"), |bytes| bytes.truncate(5000)),
            format!("expected 8192 bytes, found 5000; it is no state file of ours or was cut: {WHOLE_COPY}"),
        ),
        (
            "longer",
            |it| change(&it.path("a.series"), |bytes| bytes.push(b'\n')),
            format!("expected 8192 bytes, found 8193; it is no state file of ours or was cut: {WHOLE_COPY}"),
        ),
        (
            "empty",
            |it| change(&it.path("a.series"), Vec::clear),
            format!("expected 8192 bytes, found 0; it is no state file of ours or was cut: {WHOLE_COPY}"),
        ),
        (
            "a byte flipped in both slots",
            |it| {
                change(&it.path("a.series"), |bytes| {
                    bytes[0] ^= 1;
                    bytes[8191] ^= 1;
                });
            },
            format!("both of its slots are damaged; {WHOLE_COPY}"),
        ),
        (
            "zeroes",
            |it| change(&it.path("a.series"), |bytes| bytes.fill(0)),
            format!("both of its slots are damaged; {WHOLE_COPY}"),
        ),
        (
            "a symbolic link",
            |it| {
                fs::remove_file(it.path("a.series")).unwrap();
                symlink(it.path("saved"), it.path("a.series")).unwrap();
            },
            "expected a regular file, found a symbolic link; move it away, or name another file".to_owned(),
        ),
        (
            "a dangling link",
            |it| {
                fs::remove_file(it.path("a.series")).unwrap();
                symlink(it.path("nothing"), it.path("a.series")).unwrap();
            },
            "expected a regular file, found a symbolic link; move it away, or name another file".to_owned(),
        ),
        (
            "a folder",
            |it| {
                fs::remove_file(it.path("a.series")).unwrap();
                fs::create_dir(it.path("a.series")).unwrap();
            },
            "expected a regular file, found a folder; move it away, or name another file".to_owned(),
        ),
        (
            "a FIFO",
            |it| {
                fs::remove_file(it.path("a.series")).unwrap();
                make_fifo(&it.path("a.series"));
            },
            "expected a regular file, found a FIFO; move it away, or name another file".to_owned(),
        ),
        (
            "of an unknown version",
            |it| change(&it.path("a.series"), |bytes| {
                for slot in bytes.chunks_mut(4096) {
                    let text = String::from_utf8(slot.to_vec()).unwrap();
                    let text = text.replacen(r#""version":2,"#, r#""version":0,"#, 1);
                    let crc = format!("{:08x}", crc32fast::hash(&text.as_bytes()[8..]));
                    slot.copy_from_slice(text.as_bytes());
                    slot[..8].copy_from_slice(crc.as_bytes());
                }
            }),
            format!("expected version 1 to 3 of the format, found 0; no version of tracking writes that: {WHOLE_COPY}"),
        ),
        (
            "writable by others",
            |it| {
                fs::copy(it.path("saved"), it.path("copy")).unwrap();
                fs::set_permissions(it.path("copy"), fs::Permissions::from_mode(0o620)).unwrap();
                fs::rename(it.path("copy"), it.path("a.series")).unwrap();
            },
            "expected a file that only its owner may write, found mode 0620; it holds the series' key: chmod 600 it".to_owned(),
        ),
    ];
    for (case, spoil, message) in cases {
        let mut it = Running::new();
        let path = it.path("a.series");
        fs::copy(&path, it.path("saved")).unwrap();
        spoil(&it);
        let expected = format!("file:{}: {message}", path.display());
        for _ in 0..2 {
            let error = reserve(&it.allocator, 1).unwrap_err();
            assert_eq!(error.to_string(), expected, "{case}");
            assert_eq!(error.kind(), "refused", "{case}");
        }
        assert_eq!(
            it.allocator.snapshot().unwrap_err().to_string(),
            expected,
            "{case}"
        );
        assert_eq!(open(&path).unwrap_err().to_string(), expected, "{case}");

        if path.is_dir() {
            fs::remove_dir(&path).unwrap();
        }
        fs::rename(it.path("saved"), &path).unwrap();
        it.goes_on();
    }
}

/// What costs a tick at most.
#[test]
fn goes_on_after_what_can_be_mended() {
    type Case = (&'static str, fn(&Running));
    let cases: [Case; 5] = [
        ("a byte flipped in the first slot", |it| {
            change(&it.path("a.series"), |bytes| bytes[2000] ^= 1);
        }),
        ("a byte flipped in the second slot", |it| {
            change(&it.path("a.series"), |bytes| bytes[6000] ^= 1);
        }),
        ("an older copy written over it", |it| {
            let older = fs::read(it.path("older")).unwrap();
            change(&it.path("a.series"), |bytes| *bytes = older);
        }),
        ("an older copy in its place", |it| {
            fs::rename(it.path("older"), it.path("a.series")).unwrap();
        }),
        ("moved away and back", |it| {
            fs::rename(it.path("a.series"), it.path("away")).unwrap();
            fs::rename(it.path("away"), it.path("a.series")).unwrap();
        }),
    ];
    for (case, spoil) in cases {
        eprintln!("{case}");
        let mut it = Running::new();
        spoil(&it);
        it.goes_on();
    }
}

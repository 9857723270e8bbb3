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

use tracking_core::{AllocateError, Allocator, Block, FileAllocator, Store};

mod support;

use support::mount::Mount;
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

const WHOLE_COPY: &str = "put back a whole copy (nothing repeats), or move it away and restore the series from its key with `tracking series restore`";

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
            "expected a regular file, found a symbolic link; move it away, or name another file with --store".to_owned(),
        ),
        (
            "a dangling link",
            |it| {
                fs::remove_file(it.path("a.series")).unwrap();
                symlink(it.path("nothing"), it.path("a.series")).unwrap();
            },
            "expected a regular file, found a symbolic link; move it away, or name another file with --store".to_owned(),
        ),
        (
            "a folder",
            |it| {
                fs::remove_file(it.path("a.series")).unwrap();
                fs::create_dir(it.path("a.series")).unwrap();
            },
            "expected a regular file, found a folder; move it away, or name another file with --store".to_owned(),
        ),
        (
            "a FIFO",
            |it| {
                fs::remove_file(it.path("a.series")).unwrap();
                make_fifo(&it.path("a.series"));
            },
            "expected a regular file, found a FIFO; move it away, or name another file with --store".to_owned(),
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
            format!("expected version 1 or 2 of the format, found 0; no version of tracking writes that: {WHOLE_COPY}"),
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

#[test]
fn a_deleted_file_stops_it_and_can_be_copied_back_from_the_process() {
    let mut it = Running::new();
    let path = it.path("a.series");
    fs::remove_file(&path).unwrap();
    let error = reserve(&it.allocator, 1).unwrap_err();
    assert_eq!(error.kind(), "refused");
    let text = error.to_string();
    let pid = std::process::id();
    let (start, rest) = text.split_once(&format!("/proc/{pid}/fd/")).unwrap();
    assert_eq!(
        start,
        format!(
            "file:{}: it was deleted or moved away while this process ran, and nothing more is granted; put it back and this process goes on (its last state can still be copied from ",
            path.display()
        )
    );
    let (descriptor, rest) = rest.split_once(')').unwrap();
    assert_eq!(
        rest,
        "; a restart without it would make a new series with another key"
    );
    assert!(!path.exists(), "it was written anew");

    // As the message says; root's umask leaves a copy readable, which is no reason to refuse it.
    fs::copy(format!("/proc/{pid}/fd/{descriptor}"), &path).unwrap();
    it.goes_on();
}

#[test]
fn another_series_in_its_place_is_refused_by_its_fingerprint() {
    for in_place in [true, false] {
        let mut it = Running::new();
        let (path, other) = (it.path("a.series"), it.path("other"));
        fs::copy(&path, it.path("saved")).unwrap();
        let found = open(&other).unwrap().series().fingerprint();
        if in_place {
            fs::copy(&other, &path).unwrap();
        } else {
            fs::rename(&other, &path).unwrap();
        }
        let error = reserve(&it.allocator, 1).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "file:{}: expected the series with fingerprint {}, found {found}: the file was replaced while this process ran, and nothing more is granted; put the series' own file back and this process goes on, or restart to use the one that is there",
                path.display(),
                it.allocator.series().fingerprint(),
            )
        );
        assert!(matches!(error, AllocateError::Refused { .. }));
        fs::rename(it.path("saved"), &path).unwrap();
        it.goes_on();
    }
}

#[test]
fn folders_that_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    symlink(at("nowhere"), at("dangling")).unwrap();
    fs::write(at("file"), "").unwrap();
    for (name, message) in [
        (
            "dangling/a.series",
            format!(
                "expected a folder at {}, found something else; make it one, or name another file with --store",
                at("dangling").display()
            ),
        ),
        (
            "file/a.series",
            "cannot look at it: Not a directory (os error 20); a part of its path is no folder: make it one, or name another file with --store".to_owned(),
        ),
    ] {
        let error = open(&at(name)).unwrap_err();
        assert_eq!(error.to_string(), format!("file:{}: {message}", at(name).display()));
    }
    assert!(!at("nowhere").exists());
}

#[test]
fn a_full_disk_creates_nothing_and_stops_no_running_store() {
    let Some(mount) = Mount::new("64k") else {
        return;
    };
    let path = mount.path().join("a.series");
    let running = open(&path).unwrap();
    let before = reserve(&running, 1).unwrap();
    let filling = fs::write(mount.path().join("filling"), vec![1; 1 << 16]);
    assert!(filling.is_err(), "the disk is not full");

    let second = mount.path().join("b.series");
    let error = open(&second).unwrap_err().to_string();
    assert_eq!(
        error,
        format!(
            "file:{}: cannot write it: No space left on device (os error 28); make room there, or name another file with --store",
            second.display()
        )
    );
    let names = fs::read_dir(mount.path()).unwrap().count();
    assert_eq!(names, 2, "something temporary is left");
    // Its bytes are written in place, which takes no room.
    let after = reserve(&running, 1).unwrap();
    assert!(before.last() < after.start());
}

#[test]
fn a_disk_that_becomes_read_only() {
    let Some(mount) = Mount::new("64k") else {
        return;
    };
    let path = mount.path().join("a.series");
    let running = open(&path).unwrap();
    let before = reserve(&running, 1).unwrap();
    // A file that is open to be written to keeps its file system so; a new process finds it as it is.
    drop(running);
    mount.read_only(true);
    let message = |path: &Path, doing| {
        format!(
            "file:{}: cannot {doing}: Read-only file system (os error 30); mount it writable, or name another file with --store",
            path.display()
        )
    };
    for (name, doing) in [("b.series", "create it"), ("c/a", "make its folder")] {
        let path = mount.path().join(name);
        assert_eq!(open(&path).unwrap_err().to_string(), message(&path, doing));
    }
    // What only reads goes on.
    let allocator = open(&path).unwrap();
    let timeline = allocator.snapshot().unwrap().timeline.unwrap();
    assert_eq!(
        timeline.last_tick(before.start().lane()),
        before.start().tick()
    );
    let error = reserve(&allocator, 1).unwrap_err();
    assert_eq!(error.to_string(), message(&path, "open it"));
    // And the same handle reserves once it may.
    mount.read_only(false);
    let after = reserve(&allocator, 1).unwrap();
    assert!(before.last() < after.start());
}

/// As in a container whose user may read the file of another one, or none may write it.
#[test]
fn a_file_that_may_only_be_read_is_read() {
    let it = Running::new();
    let path = it.path("a.series");
    let read_only = Command::new("chattr").arg("+i").arg(&path).status();
    if !read_only.is_ok_and(|status| status.success()) {
        return support::missing("a file that even root may not write (chattr +i)");
    }
    let allocator = open(&path).unwrap();
    let snapshot = allocator.snapshot();
    let error = reserve(&allocator, 1).unwrap_err();
    let mended = Command::new("chattr")
        .arg("-i")
        .arg(&path)
        .status()
        .unwrap();
    assert!(mended.success());
    snapshot.unwrap();
    assert_eq!(
        error.to_string(),
        format!(
            "file:{}: cannot open it: Operation not permitted (os error 1); let this user read and write the file and its folder, or name another file with --store",
            path.display()
        )
    );
    reserve(&allocator, 1).unwrap();
}

#[test]
fn a_mode_that_lets_others_at_the_file_is_told() {
    let it = Running::new();
    let path = it.path("a.series");
    for (mode, told) in [
        (0o600, false),
        (0o640, false),
        (0o604, true),
        (0o644, true),
        (0o601, true),
    ] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let expected = told.then(|| {
            format!(
                "file:{}: its mode is {mode:04o}, so that every user of this host may read the series' key in it and hold up all reservations by its lock; chmod 600 it",
                path.display()
            )
        });
        assert_eq!(
            it.allocator.warnings(),
            Vec::from_iter(expected),
            "{mode:o}"
        );
    }
}

/// 300 processes at once, as a cron job on many parcels starts them: all are served.
#[test]
fn a_crowd_is_served_in_turn() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.series");
    open(&path).unwrap();
    let start = std::sync::Barrier::new(300);
    let mut served: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..300)
            .map(|_| {
                scope.spawn(|| {
                    // A handle of its own is to the lock what a process is.
                    let allocator = open(&path).unwrap();
                    start.wait();
                    let began = std::time::Instant::now();
                    let block = allocator.reserve(std::num::NonZeroU32::MIN);
                    (block.map(|block| block.start()), began.elapsed())
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    served.sort_by_key(|(_, waited)| *waited);
    let longest = served.last().unwrap().1;
    eprintln!("300 reservations at once: the longest wait was {longest:?}");
    let mut serials: Vec<_> = served
        .into_iter()
        .map(|(serial, _)| serial.unwrap())
        .collect();
    serials.sort_unstable();
    serials.dedup();
    assert_eq!(serials.len(), 300);
    assert!(longest.as_secs() >= 2, "it was no crowd: {longest:?}");
}

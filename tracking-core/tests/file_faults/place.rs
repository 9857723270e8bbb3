//! Where the file stands: folders, disks, and what users may do there.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use tracking_core::OpenStore;
use tracking_test_support::not_here;

use crate::Running;
use crate::support::mount::Mount;
use crate::support::{open, reserve};

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
                "expected a folder at {}, found something else; make it one, or name another file",
                at("dangling").display()
            ),
        ),
        (
            "file/a.series",
            "cannot look at it: Not a directory (os error 20); a part of its path is no folder: make it one, or name another file".to_owned(),
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
            "file:{}: cannot write it: No space left on device (os error 28); make room there, or name another file",
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
            "file:{}: cannot {doing}: Read-only file system (os error 30); mount it writable, or name another file",
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
        return not_here("a file that even root may not write (chattr +i)");
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
            "file:{}: cannot open it: Operation not permitted (os error 1); let this user read and write the file and its folder, or name another file",
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
        let warnings = it.allocator.warnings();
        let texts = Vec::from_iter(warnings.iter().map(ToString::to_string));
        assert_eq!(texts, Vec::from_iter(expected), "{mode:o}");
    }
}

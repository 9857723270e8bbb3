//! A file that is gone, or that another one stands for.

use std::fs;

use tracking_core::{AllocateError, Allocator};

use crate::Running;
use crate::support::{open, reserve};

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

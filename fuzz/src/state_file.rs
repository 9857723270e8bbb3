//! The state file.

use std::fs;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Duration;

use tracking_core::store::reserve_patiently;
use tracking_core::store::url::FileUrl;
use tracking_core::{Allocator, FileAllocator, OpenStore, Opening, SeriesOptions};

const SLOT: usize = 4_096;
const JSON: usize = 9;

static PATH: LazyLock<(tempfile::TempDir, PathBuf)> = LazyLock::new(|| {
    let folder = tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .unwrap();
    let path = folder.path().join("default.series");
    (folder, path)
});

/// A file that is refused is left as it is; one that is taken shows a state, grants nothing at or below what
/// that state has used of the lane, and is the same series afterwards.
///
/// The input is the text of both slots, with a line between; the checksums are put before them, since no fuzzer
/// guesses those. A first byte `r` is for a file of raw bytes.
pub fn run(data: &[u8]) {
    let bytes = match data.strip_prefix(b"r") {
        Some(raw) => raw.to_vec(),
        None => slots(data),
    };
    let path = &PATH.1;
    let _ = fs::remove_file(path);
    fs::write(path, &bytes).unwrap();
    private(path);
    let mut options = SeriesOptions::default();
    options.opening = Opening::Existing;
    let open = || FileAllocator::open(&FileUrl::new(path), &options);
    let Ok(allocator) = open() else {
        assert_eq!(
            fs::read(path).unwrap(),
            bytes,
            "what is refused is left alone"
        );
        return;
    };
    let Ok(before) = allocator.snapshot() else {
        return;
    };
    assert_eq!(
        fs::read(path).unwrap(),
        bytes,
        "what is read only is left alone"
    );
    let reserved = reserve_patiently(&allocator, NonZeroU32::MIN, Duration::from_millis(60));
    let Ok(block) = reserved else { return };
    let start = block.start();
    let timeline = before.timeline.unwrap();
    assert!(timeline.last_tick(start.lane()) < start.tick() && start.slot() == 0);
    let again = open().expect("what was taken and written is taken");
    assert_eq!(
        again.series().fingerprint(),
        allocator.series().fingerprint()
    );
    let after = again.snapshot().unwrap().timeline.unwrap();
    assert_eq!(
        (after.lane(), after.last_tick(after.lane())),
        (start.lane(), start.tick())
    );
}

fn slots(data: &[u8]) -> Vec<u8> {
    let mut texts = data.splitn(2, |&byte| byte == b'\n');
    let mut file = Vec::new();
    for _ in 0..2 {
        let mut slot = [b' '; SLOT];
        let text = texts.next().unwrap_or_default();
        let length = text.len().min(SLOT - JSON - 1);
        slot[JSON..JSON + length].copy_from_slice(&text[..length]);
        slot[SLOT - 1] = b'\n';
        let crc = format!("{:08x}", crc32fast::hash(&slot[8..]));
        slot[..8].copy_from_slice(crc.as_bytes());
        file.extend_from_slice(&slot);
    }
    file
}

fn private(path: &PathBuf) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

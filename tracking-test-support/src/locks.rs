//! Who holds locks on a file.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The process that has the lock (`flock`) on the file, as the kernel tells.
pub fn lock_holder(path: &Path) -> Option<u32> {
    lock_holders(path, "FLOCK").first().copied()
}

/// The process of each lock of a kind, `FLOCK` or `POSIX`, on the file, as the kernel tells: its list may miss one while
/// others come and go.
pub fn lock_holders(path: &Path, kind: &str) -> Vec<u32> {
    let Ok(metadata) = std::fs::metadata(path) else {
        return Vec::new();
    };
    let inode = format!(":{}", metadata.ino());
    let locks = std::fs::read_to_string("/proc/locks").unwrap_or_default();
    let held = locks.lines().filter(|line| !line.contains("->"));
    held.filter_map(|line| {
        let words: Vec<_> = line.split_whitespace().collect();
        let is_it = *words.get(1)? == kind && words.get(5)?.ends_with(&inode);
        is_it.then(|| words[4].parse().ok())?
    })
    .collect()
}

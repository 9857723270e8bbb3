//! Who holds the lock on a file.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The process that has the lock (`flock`) on the file, as the kernel tells.
pub fn lock_holder(path: &Path) -> Option<u32> {
    let inode = format!(":{}", std::fs::metadata(path).ok()?.ino());
    let locks = std::fs::read_to_string("/proc/locks").ok()?;
    let mut held = locks.lines().filter(|line| !line.contains("->"));
    held.find_map(|line| {
        let words: Vec<_> = line.split_whitespace().collect();
        let is_it = *words.get(1)? == "FLOCK" && words.get(5)?.ends_with(&inode);
        is_it.then(|| words[4].parse().ok())?
    })
}

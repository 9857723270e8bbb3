//! Who holds the lock on a file, for a message: nothing is decided by it.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;

/// The process that holds a lock, as far as it can be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holder {
    /// The kernel names it.
    Process(u32),
    /// It may be the one that wrote the file last: the kernel does not show processes of another
    /// container.
    LastWriter(u32),
    Unknown,
}

/// How often the kernel's list is read, where it does not have the lock.
const LOOKS: usize = 3;

impl Holder {
    /// The holder of the lock on `file`; `last_writer` is the process that its record names.
    pub(super) fn of(file: Option<&File>, last_writer: Option<u32>) -> Self {
        // Others' locks come and go while the list is read, which may then miss this one.
        let look = |file| (0..LOOKS).find_map(|_| listed(file));
        file.and_then(look).map_or_else(
            || last_writer.map_or(Self::Unknown, Self::LastWriter),
            Self::Process,
        )
    }
}

fn listed(file: &File) -> Option<u32> {
    /// Ample for a busy host: a line has some 60 bytes.
    const LONGEST: u64 = 1 << 20;
    let found = file.metadata().ok()?;
    let mut locks = String::new();
    File::open("/proc/locks")
        .ok()?
        .take(LONGEST)
        .read_to_string(&mut locks)
        .ok()?;
    // Of another width on other systems.
    let device = found.dev() as rustix::fs::Dev;
    let (major, minor) = (rustix::fs::major(device), rustix::fs::minor(device));
    in_list(&locks, &format!("{major:02x}:{minor:02x}"), found.ino())
}

/// The process in a line such as `1: FLOCK  ADVISORY  WRITE 4711 fe:00:131 0 EOF`.
fn in_list(locks: &str, device: &str, inode: u64) -> Option<u32> {
    let holders = || {
        locks.lines().filter_map(|line| {
            let mut words = line.split_whitespace().skip(1);
            (words.next()? == "FLOCK").then_some(())?;
            let pid = words.nth(2)?.parse().ok()?;
            let (on, number) = words.next()?.rsplit_once(':')?;
            (number.parse() == Ok(inode)).then_some((on, pid))
        })
    };
    // Layered file systems (overlay, btrfs) list another device than they tell of a file.
    holders()
        .find(|&(on, _)| on == device)
        .or_else(|| holders().next())
        .map(|(_, pid)| pid)
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Process(pid) => write!(
                f,
                "process {pid} holds it: if that is stopped, let it go on (kill -CONT {pid}) or end it"
            ),
            Self::LastWriter(pid) => write!(
                f,
                "another process holds it, perhaps {pid}, the last that wrote the file: if that is stopped, let it go on (kill -CONT {pid}) or end it"
            ),
            Self::Unknown => {
                f.write_str("another process holds it: if that is stopped, let it go on or end it")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCKS: &str = "\
1: POSIX  ADVISORY  WRITE 11 fe:00:131 0 EOF
2: FLOCK  ADVISORY  WRITE 12 00:1a:131 0 EOF
3: FLOCK  ADVISORY  WRITE 13 fe:00:131 0 EOF
3: -> FLOCK  ADVISORY  WRITE 14 fe:00:131 0 EOF
4: FLOCK  ADVISORY  READ  15 fe:00:132 0 EOF
";

    #[test]
    fn reads_the_list_of_the_kernel() {
        for (device, inode, expected) in [
            ("fe:00", 131, Some(13)),
            ("00:1a", 131, Some(12)),
            ("00:99", 132, Some(15)),
            ("fe:00", 133, None),
        ] {
            assert_eq!(in_list(LOCKS, device, inode), expected, "{device}:{inode}");
        }
        assert_eq!(in_list("garbage\n1:\n\n2: FLOCK x", "fe:00", 1), None);
    }

    #[test]
    fn finds_this_process() {
        let file = tempfile::tempfile().unwrap();
        assert_eq!(Holder::of(Some(&file), Some(7)), Holder::LastWriter(7));
        assert_eq!(Holder::of(Some(&file), None), Holder::Unknown);
        file.lock().unwrap();
        let expected = Holder::Process(std::process::id());
        assert_eq!(Holder::of(Some(&file), Some(7)), expected);
    }
}

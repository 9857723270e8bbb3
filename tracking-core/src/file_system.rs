//! File systems that hosts share.
//!
//! Their locks may not hold between hosts, and no memory is shared there: so a state file keeps off them unless
//! somebody vouches for the locks, and a ledger of SQLite always.

use std::fs::File;
use std::io;
use std::path::Path;

/// By the magic number that `statfs(2)` gives, from `linux/magic.h` and the file systems' sources.
/// FUSE is among them since nothing tells `sshfs` from a local one.
const NETWORK: [(u32, &str); 20] = [
    (0x0000_6969, "a network file system (NFS)"),
    (0x0000_517B, "a network file system (SMB)"),
    (0xFF53_4D42, "a network file system (CIFS)"),
    (0xFE53_4D42, "a network file system (SMB 2)"),
    (0x0102_1997, "a network file system (9P)"),
    (0x6573_5546, "a FUSE file system"),
    (0x00C3_6400, "a network file system (Ceph)"),
    (0x5346_414F, "a network file system (AFS)"),
    (0x6B41_4653, "a network file system (AFS)"),
    (0x7375_7245, "a network file system (Coda)"),
    (0x0000_564C, "a network file system (NCP)"),
    (0x0BD0_0BD0, "a cluster file system (Lustre)"),
    (0x0116_1970, "a cluster file system (GFS2)"),
    (0x7461_636F, "a cluster file system (OCFS2)"),
    (0x4750_4653, "a cluster file system (GPFS)"),
    (0x1983_0326, "a cluster file system (BeeGFS)"),
    (0x2003_0528, "a cluster file system (OrangeFS)"),
    (0xAAD7_AAEA, "a cluster file system (PanFS)"),
    (0xBACB_ACBC, "a folder of the host (VMware)"),
    (0x786F_4256, "a folder of the host (VirtualBox)"),
];

/// What the file lies on where that is a file system that hosts share, such as "a network file system (NFS)"; `None`
/// on one of this host, and where it cannot be told, as elsewhere than on Linux.
///
/// ```
/// let file = tempfile::tempfile()?;
/// println!("{}", tracking_core::file_system::shared_by_hosts(&file)?.unwrap_or("one of this host"));
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// `fstatfs(2)` failed.
pub fn shared_by_hosts(file: &File) -> io::Result<Option<&'static str>> {
    let found = rustix::fs::fstatfs(file)?;
    // The low 32 bits hold it, whatever the width and sign of the field on this machine.
    Ok(named(found.f_type as u32))
}

/// Whether something is mounted at the very path, as containers mount single files: what lies beside the file at this
/// path lies elsewhere at another. `false` where it cannot be told, as elsewhere than on Linux 5.8 or newer.
pub fn is_mount_point(path: &Path) -> bool {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx};
        let found = statx(CWD, path, AtFlags::empty(), StatxFlags::empty());
        found.is_ok_and(|found| found.stx_attributes.contains(StatxAttributes::MOUNT_ROOT))
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = path;
        false
    }
}

fn named(magic: u32) -> Option<&'static str> {
    // Elsewhere the number means something else.
    let network = if cfg!(target_os = "linux") {
        &NETWORK[..]
    } else {
        &[]
    };
    network
        .iter()
        .find(|(number, _)| *number == magic)
        .map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_network_file_systems_from_local_ones() {
        assert_eq!(named(0x6969), Some("a network file system (NFS)"));
        // ext, tmpfs, btrfs, xfs, overlay, zfs, f2fs
        for local in [
            0xEF53,
            0x0102_1994,
            0x9123_683E,
            0x5846_5342,
            0x794C_7630,
            0x2FC1_2FC1,
            0xF2F5_2010,
        ] {
            assert_eq!(named(local), None);
        }
        let file = tempfile::tempfile().unwrap();
        assert_eq!(shared_by_hosts(&file).unwrap(), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn tells_where_something_is_mounted() {
        let folder = tempfile::tempdir().unwrap();
        for (path, expected) in [
            (Path::new("/"), true),
            (Path::new("/proc"), true),
            (folder.path(), false),
            (&folder.path().join("missing"), false),
        ] {
            assert_eq!(is_mount_point(path), expected, "{}", path.display());
        }
    }
}

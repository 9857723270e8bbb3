//! File systems that hosts share, whose locks may not hold between them.

use std::fs::File;

use super::error::Problem;

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

/// Refuse a file on a file system that hosts share.
pub(super) fn check(file: &File) -> Result<(), Problem> {
    let found = rustix::fs::fstatfs(file)
        .map_err(|source| Problem::io("ask for its file system", source.into()))?;
    // The low 32 bits hold it, whatever the width and sign of the field on this machine.
    named(found.f_type as u32).map_or(Ok(()), |found| Err(Problem::Network { found }))
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
        check(&tempfile::tempfile().unwrap()).unwrap();
        let message = Problem::Network {
            found: "a FUSE file system",
        }
        .to_string();
        assert!(
            message.ends_with("add ?network_file_system=allow to the store's URL"),
            "{message}"
        );
    }
}

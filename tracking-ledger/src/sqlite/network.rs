//! File systems that hosts share: SQLite's WAL is in memory that only one host's processes share.

use std::fs::File;

/// By the magic number that `statfs(2)` gives, from `linux/magic.h` and the file systems' sources.
/// FUSE is among them since nothing tells `sshfs` from a local one.
const NETWORK: [(u32, &str); 20] = [
    (0x0000_6969, "NFS"),
    (0x0000_517B, "SMB"),
    (0xFF53_4D42, "CIFS"),
    (0xFE53_4D42, "SMB 2"),
    (0x0102_1997, "9P"),
    (0x6573_5546, "FUSE"),
    (0x00C3_6400, "Ceph"),
    (0x5346_414F, "AFS"),
    (0x6B41_4653, "AFS"),
    (0x7375_7245, "Coda"),
    (0x0000_564C, "NCP"),
    (0x0BD0_0BD0, "Lustre"),
    (0x0116_1970, "GFS2"),
    (0x7461_636F, "OCFS2"),
    (0x4750_4653, "GPFS"),
    (0x1983_0326, "BeeGFS"),
    (0x2003_0528, "OrangeFS"),
    (0xAAD7_AAEA, "PanFS"),
    (0xBACB_ACBC, "a folder of VMware's host"),
    (0x786F_4256, "a folder of VirtualBox's host"),
];

/// Refuse a file on a file system that hosts share.
pub(super) fn check(file: &File) -> Result<(), String> {
    let found = rustix::fs::fstatfs(file)
        .map_err(|error| format!("could not ask for its file system: {error}"))?;
    // The low 32 bits hold it, whatever the width and sign of the field on this machine.
    match named(found.f_type as u32) {
        Some(found) => Err(format!(
            "expected a file system of this host, found {found}: SQLite would damage it when two hosts write; \
             put it on a local disk, or use mysql://"
        )),
        None => Ok(()),
    }
}

fn named(magic: u32) -> Option<&'static str> {
    // Elsewhere the number means something else.
    if !cfg!(target_os = "linux") {
        return None;
    }
    let found = NETWORK.iter().find(|(number, _)| *number == magic);
    found.map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_network_file_systems_from_local_ones() {
        assert_eq!(named(0x6969), Some("NFS"));
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
    }
}

//! A disk whose power can be cut.
//!
//! It is an image in a file system that can clone a file at once (FICLONE), and has a file system of its own, which
//! is mounted by a loop device. A clone has what that file system had written to its disk by then, and nothing of
//! what it kept in memory: as a disk has it after a power cut. It is mounted beside the disk, which goes on.
//!
//! ```text
//! folder/host.img     XFS, mounted at folder/host, to clone in
//!   cut from here     with a cache: `middle.img`, ext4, mounted at folder/middle
//!     disk.img        the file system under test, mounted at folder/disk
//! ```
//!
//! What the host keeps in memory of the image survives the cut as if a disk had it, in whatever order it was written.
//! [`Cache::Lost`] takes that away, too: the image lies in one more file system, whose disk is what is cut, so that
//! only what was flushed is sure to be there.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::is_installed;

/// What becomes of that which the disk was sent and not yet told to flush.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cache {
    /// It is there.
    Kept,
    /// It may not be there.
    Lost,
}

/// The files in which the file systems are.
const DISK: &str = "disk.img";
const MIDDLE: &str = "middle.img";
/// XFS takes no less than 300 MiB. All of it is holes.
const DISK_BYTES: u64 = 400 << 20;
const MIDDLE_BYTES: u64 = 600 << 20;
const HOST_BYTES: u64 = 4 << 30;

/// A file system on a disk of its own, gone when it is dropped.
pub struct Disk {
    // They are dropped in this order.
    disk: Mount,
    middle: Option<Mount>,
    host: Mount,
    folder: TempDir,
    kind: &'static str,
}

/// What there is after the cut, mounted; gone when it is dropped.
pub struct Cut {
    disk: Mount,
    _middle: Option<Mount>,
    _image: Image,
}

impl Disk {
    /// An `ext4`, `xfs` or `btrfs`. `None`, told to the tester, where it cannot be had: that takes root, loop devices and
    /// those file systems, which machines for tests do not all have, so that it is no failure anywhere.
    pub fn new(kind: &'static str, cache: Cache) -> Option<Self> {
        if !["mkfs.xfs", "mkfs.ext4", &format!("mkfs.{kind}")]
            .into_iter()
            .all(is_installed)
        {
            return None;
        }
        let folder = tempfile::tempdir().expect("a temporary folder");
        let at = |name: &str| folder.path().join(name);
        let made = (|| {
            let host = make("xfs", &at("host.img"), HOST_BYTES, &at("host"))?;
            let (middle, below) = match cache {
                Cache::Kept => (None, at("host")),
                Cache::Lost => {
                    let image = at("host").join(MIDDLE);
                    let mount = make("ext4", &image, MIDDLE_BYTES, &at("middle"))?;
                    (Some(mount), at("middle"))
                }
            };
            let disk = make(kind, &below.join(DISK), DISK_BYTES, &at("disk"))?;
            // All that was made of it is there, as after a first day.
            rustix::fs::sync();
            Ok((disk, middle, host))
        })();
        match made {
            Ok((disk, middle, host)) => Some(Self {
                disk,
                middle,
                host,
                folder,
                kind,
            }),
            Err(problem) => {
                let problem: String = problem;
                eprintln!("no power is cut on {kind} here: {problem}");
                None
            }
        }
    }

    /// Where its files are.
    pub fn path(&self) -> &Path {
        &self.disk.0
    }

    /// Cut the power, and mount what is there then: `None` if the file system is not fit to be mounted. One at a
    /// time.
    pub fn cut(&self) -> Option<Cut> {
        let at = |name: &str| self.folder.path().join(name);
        let lowest = self.middle.as_ref().map_or(DISK, |_| MIDDLE);
        let image = Image(self.host.0.join("cut.img"));
        clone(&self.host.0.join(lowest), &image.0);
        let (middle, disk) = match &self.middle {
            None => (None, image.0.clone()),
            Some(_) => {
                let middle = mount("ext4", &image.0, &at("cut-middle")).ok()?;
                let disk = middle.0.join(DISK);
                (Some(middle), disk)
            }
        };
        let disk = mount(self.kind, &disk, &at("cut"))
            .map_err(|problem| eprintln!("{problem}"))
            .ok()?;
        Some(Cut {
            disk,
            _middle: middle,
            _image: image,
        })
    }
}

impl Cut {
    /// Where its files are.
    pub fn path(&self) -> &Path {
        &self.disk.0
    }
}

/// A file that is removed when it is dropped.
struct Image(PathBuf);

impl Drop for Image {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Where something is mounted, until it is dropped.
struct Mount(PathBuf);

impl Drop for Mount {
    fn drop(&mut self) {
        // Lazily: a file may still be open.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

fn make(kind: &str, image: &Path, bytes: u64, at: &Path) -> Result<Mount, String> {
    let file = File::create(image).map_err(|error| error.to_string())?;
    file.set_len(bytes).map_err(|error| error.to_string())?;
    run(Command::new(format!("mkfs.{kind}")).arg("-q").arg(image))?;
    mount(kind, image, at)
}

fn mount(kind: &str, image: &Path, at: &Path) -> Result<Mount, String> {
    std::fs::create_dir_all(at).map_err(|error| error.to_string())?;
    // A clone has the name of what it is a clone of, which XFS minds.
    let options = match kind {
        "xfs" => "loop,nouuid",
        _ => "loop",
    };
    let mut command = Command::new("mount");
    command.args(["-t", kind, "-o", options]).arg(image).arg(at);
    run(&mut command)?;
    Ok(Mount(at.to_owned()))
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| error.to_string())?;
    let told = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    output.status.success().then_some(()).ok_or(told)
}

/// All of a file as it is in this one moment.
fn clone(from: &Path, to: &Path) {
    let (from, to) = (File::open(from), File::create(to));
    let (from, to) = (from.expect("the image"), to.expect("a file"));
    rustix::fs::ioctl_ficlone(&to, &from).expect("XFS clones");
}

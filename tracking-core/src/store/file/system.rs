//! What a state file asks of the system: the real one, or one that a simulation brings.

use std::fmt::Debug;
use std::fs::{DirBuilder, File, Metadata, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt, FileTypeExt, MetadataExt};
use std::path::Path;

use rustix::fs::{Mode, OFlags};

use crate::file_system;

/// What is told of a file without opening it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// What it is, where it is no regular file: "a folder".
    pub other_kind: Option<&'static str>,
    /// The file system that it lies on, and its number there.
    pub device: u64,
    /// Its number there.
    pub inode: u64,
    /// In bytes.
    pub length: u64,
    /// Its permissions, and the kind.
    pub mode: u32,
    /// Whose it is.
    pub owner: u32,
}

/// The calls by which a state file is found, made and named.
pub trait FileSystem: Debug + Send + Sync {
    /// What stands at a path: a link itself, and not what it leads to.
    ///
    /// # Errors
    /// The system's.
    fn look(&self, path: &Path) -> io::Result<Facts>;

    /// Open what is there, and follow no link.
    ///
    /// # Errors
    /// The system's.
    fn open(&self, path: &Path, access: Access) -> io::Result<Box<dyn OpenFile>>;

    /// Make a file that only its owner may read and write, where there is none.
    ///
    /// # Errors
    /// The system's.
    fn create(&self, path: &Path) -> io::Result<Box<dyn OpenFile>>;

    /// Give a file one name more, where that name is free.
    ///
    /// # Errors
    /// The system's.
    fn link(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Take a name away.
    ///
    /// # Errors
    /// The system's.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Whether it is a folder, or a link to one.
    fn is_folder(&self, path: &Path) -> bool;

    /// Make a folder that only its owner may use.
    ///
    /// # Errors
    /// The system's.
    fn make_folder(&self, path: &Path) -> io::Result<()>;

    /// Bring the names in a folder to the disk.
    ///
    /// # Errors
    /// The system's.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;
}

/// For what a file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// For reading alone.
    Read,
    /// For reading and writing.
    Write,
}

/// An open file, and its lock.
pub trait OpenFile: Debug + Send + Sync {
    /// What is told of it.
    ///
    /// # Errors
    /// The system's.
    fn facts(&self) -> io::Result<Facts>;

    /// Fill all of `bytes` from there on.
    ///
    /// # Errors
    /// The system's; [`UnexpectedEof`](io::ErrorKind::UnexpectedEof) where there is less.
    fn read(&self, bytes: &mut [u8], offset: u64) -> io::Result<()>;

    /// Write there, and tell how much of it was written.
    ///
    /// # Errors
    /// The system's.
    fn write(&self, bytes: &[u8], offset: u64) -> io::Result<usize>;

    /// Wait until the disk has what was written.
    ///
    /// # Errors
    /// The system's: then nobody knows what it has.
    fn sync_data(&self) -> io::Result<()>;

    /// The same, and what is told of the file.
    ///
    /// # Errors
    /// The system's: then nobody knows what it has.
    fn sync_all(&self) -> io::Result<()>;

    /// Take the lock that belongs to this opening of the file, unless another one has it.
    ///
    /// # Errors
    /// Another one has it, or the system's.
    fn try_lock(&self) -> Result<(), TryLockError>;

    /// Let go of it.
    ///
    /// # Errors
    /// The system's.
    fn unlock(&self) -> io::Result<()>;

    /// What the kernel knows of it; `None` where it is none of the kernel's.
    fn as_file(&self) -> Option<&File>;
}

/// The real one.
#[derive(Debug)]
pub(super) struct System;

const OPEN: OFlags = OFlags::NOFOLLOW.union(OFlags::CLOEXEC);

impl FileSystem for System {
    fn look(&self, path: &Path) -> io::Result<Facts> {
        Ok(Facts::of(&std::fs::symlink_metadata(path)?))
    }

    fn open(&self, path: &Path, access: Access) -> io::Result<Box<dyn OpenFile>> {
        let access = match access {
            Access::Read => OFlags::RDONLY,
            Access::Write => OFlags::RDWR,
        };
        let flags = access | OPEN | OFlags::NONBLOCK;
        let file = rustix::fs::open(path, flags, Mode::empty())?;
        Ok(Box::new(File::from(file)))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn OpenFile>> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OPEN;
        let file = rustix::fs::open(path, flags, Mode::RUSR | Mode::WUSR)?;
        Ok(Box::new(File::from(file)))
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::hard_link(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }

    fn is_folder(&self, path: &Path) -> bool {
        path.is_dir()
    }

    fn make_folder(&self, path: &Path) -> io::Result<()> {
        DirBuilder::new().mode(0o700).create(path)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }
}

impl OpenFile for File {
    fn facts(&self) -> io::Result<Facts> {
        Ok(Facts::of(&self.metadata()?))
    }

    fn read(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        self.read_exact_at(bytes, offset)
    }

    fn write(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        self.write_at(bytes, offset)
    }

    fn sync_data(&self) -> io::Result<()> {
        Self::sync_data(self)
    }

    fn sync_all(&self) -> io::Result<()> {
        Self::sync_all(self)
    }

    fn try_lock(&self) -> Result<(), TryLockError> {
        Self::try_lock(self)
    }

    fn unlock(&self) -> io::Result<()> {
        Self::unlock(self)
    }

    fn as_file(&self) -> Option<&File> {
        Some(self)
    }
}

impl Facts {
    fn of(found: &Metadata) -> Self {
        let other_kind = match found.file_type() {
            kind if kind.is_file() => None,
            kind if kind.is_symlink() => Some("a symbolic link"),
            kind if kind.is_dir() => Some("a folder"),
            kind if kind.is_fifo() => Some("a FIFO"),
            kind if kind.is_socket() => Some("a socket"),
            _ => Some("a device"),
        };
        Self {
            other_kind,
            device: found.dev(),
            inode: found.ino(),
            length: found.len(),
            mode: found.mode(),
            owner: found.uid(),
        }
    }
}

/// What an open file lies on, where that is a file system that hosts share.
pub(super) fn shared_by_hosts(file: &dyn OpenFile) -> io::Result<Option<&'static str>> {
    file.as_file()
        .map_or(Ok(None), file_system::shared_by_hosts)
}

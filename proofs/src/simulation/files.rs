//! The file system as the real state file asks it, a step of the simulation before each call.

use std::fmt;
use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use tracking_core::store::{Access, Facts, FileSystem, OpenFile};

use super::disk::SECTOR;
use super::world::World;

/// The folder of the state file, which is there.
pub(super) const FOLDER: &str = "/state";
/// The state file.
pub(super) const PATH: &str = "/state/a.series";

const ENOSPC: i32 = 28;
const EIO: i32 = 5;

/// This user, whose all files are.
static OWNER: LazyLock<u32> =
    LazyLock::new(|| std::fs::metadata("/proc/self").map_or(0, |found| found.uid()));

pub(super) struct Files(pub(super) Arc<World>);

struct Opened {
    world: Arc<World>,
    opening: u64,
    inode: u64,
}

impl Files {
    fn opened(&self, inode: u64) -> Box<dyn OpenFile> {
        let mut state = self.0.lock();
        let who = state.current;
        let opening = state.disk.open(inode, who);
        Box::new(Opened {
            world: Arc::clone(&self.0),
            opening,
            inode,
        })
    }

    fn inode(&self, path: &Path) -> io::Result<u64> {
        let state = self.0.lock();
        let found = state.disk.names.get(path).copied();
        found.ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

fn facts(inode: u64, length: usize) -> Facts {
    Facts {
        other_kind: None,
        device: 1,
        inode,
        length: length as u64,
        mode: 0o100_600,
        owner: *OWNER,
    }
}

impl FileSystem for Files {
    fn look(&self, path: &Path) -> io::Result<Facts> {
        self.0.step("looks at the path", 0)?;
        let inode = self.inode(path)?;
        let state = self.0.lock();
        let length = state.disk.inodes.get(&inode).map_or(0, |i| i.cached.len());
        Ok(facts(inode, length))
    }

    fn open(&self, path: &Path, _access: Access) -> io::Result<Box<dyn OpenFile>> {
        self.0.step("opens", 0)?;
        Ok(self.opened(self.inode(path)?))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn OpenFile>> {
        self.0.step("creates a file", 0)?;
        let inode = {
            let mut state = self.0.lock();
            if state.disk.full {
                state.met.count("writes on a full disk");
                return Err(io::Error::from_raw_os_error(ENOSPC));
            }
            if state.disk.names.contains_key(path) {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            let inode = state.disk.make(Vec::new());
            state.disk.names.insert(path.to_owned(), inode);
            inode
        };
        Ok(self.opened(inode))
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.0.step("links the file to its name", 0)?;
        let inode = self.inode(from)?;
        let mut state = self.0.lock();
        if state.disk.names.contains_key(to) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        state.disk.names.insert(to.to_owned(), inode);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.0.step("removes a name", 0)?;
        self.0.lock().disk.names.remove(path);
        Ok(())
    }

    fn is_folder(&self, path: &Path) -> bool {
        path == Path::new(FOLDER) || path == Path::new("/")
    }

    fn make_folder(&self, _path: &Path) -> io::Result<()> {
        Err(io::ErrorKind::AlreadyExists.into())
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.0.step("syncs the folder", 1)?;
        self.0.lock().disk.sync_names(path);
        Ok(())
    }
}

impl OpenFile for Opened {
    fn facts(&self) -> io::Result<Facts> {
        let state = self.world.lock();
        let inode = state.disk.inodes.get(&self.inode);
        Ok(facts(self.inode, inode.map_or(0, |i| i.cached.len())))
    }

    fn read(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        self.world.step("reads", 0)?;
        let state = self.world.lock();
        let inode = state.disk.inodes.get(&self.inode);
        let from = offset as usize;
        match inode.and_then(|inode| inode.cached.get(from..from + bytes.len())) {
            Some(found) => {
                bytes.copy_from_slice(found);
                Ok(())
            }
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    fn write(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        self.world.step("writes", 0)?;
        let offset = offset as usize;
        let sectors = bytes.len() / SECTOR;
        let (cut, in_two) = {
            let mut state = self.world.lock();
            if state.disk.full {
                state.met.count("writes on a full disk");
                if state.one_in(2) {
                    return Err(io::Error::from_raw_os_error(ENOSPC));
                }
                state.met.count("writes cut short");
            }
            let most = sectors.saturating_sub(1) as u64;
            (state.up_to(most) as usize * SECTOR, state.one_in(4))
        };
        let put = |part: &[u8], at: usize| {
            let mut state = self.world.lock();
            if let Some(inode) = state.disk.inodes.get_mut(&self.inode) {
                inode.write(part, at);
            }
        };
        if self.world.lock().disk.full {
            put(&bytes[..cut], offset);
            return Ok(cut);
        }
        // Who reads without the lock, or kills it, may come between.
        if in_two {
            put(&bytes[..cut], offset);
            self.world.step("writes the rest", 0)?;
            put(&bytes[cut..], offset + cut);
        } else {
            put(bytes, offset);
        }
        Ok(bytes.len())
    }

    fn sync_data(&self) -> io::Result<()> {
        let ms = {
            let mut state = self.world.lock();
            match state.one_in(4) {
                true => state.up_to(15),
                false => state.up_to(1),
            }
        };
        self.world.step("waits for the disk", ms)?;
        let mut state = self.world.lock();
        let fails = std::mem::take(&mut state.disk.sync_fails);
        if fails {
            state.met.count("syncs that failed");
        }
        let Some(inode) = state.disk.inodes.get_mut(&self.inode) else {
            return Ok(());
        };
        if fails {
            inode.drop_unsynced();
            return Err(io::Error::from_raw_os_error(EIO));
        }
        inode.sync();
        Ok(())
    }

    fn sync_all(&self) -> io::Result<()> {
        self.sync_data()
    }

    fn try_lock(&self) -> Result<(), TryLockError> {
        self.world
            .step("asks for the lock", 0)
            .map_err(TryLockError::Error)?;
        let mut state = self.world.lock();
        let Some(inode) = state.disk.inodes.get_mut(&self.inode) else {
            return Ok(());
        };
        match inode.lock {
            None => {
                inode.lock = Some(self.opening);
                Ok(())
            }
            Some(opening) if opening == self.opening => Ok(()),
            Some(_) => {
                state.met.count("waits for a lock");
                Err(TryLockError::WouldBlock)
            }
        }
    }

    fn unlock(&self) -> io::Result<()> {
        self.world.step("lets go of the lock", 0)?;
        let mut state = self.world.lock();
        state.disk.unlock(self.inode, self.opening);
        Ok(())
    }

    fn as_file(&self) -> Option<&File> {
        None
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        let mut state = self.world.lock();
        let who = state.current;
        state.disk.close(self.opening, who);
    }
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Files")
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened")
            .field("inode", &self.inode)
            .finish_non_exhaustive()
    }
}

//! A disk that tells what was written from what it has, and the file system on it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rand::prelude::*;
use rand::rngs::StdRng;

/// Of these a disk writes all or nothing.
pub(super) const SECTOR: usize = 512;

/// Files by their numbers, names, and who has what open.
#[derive(Debug, Default, Clone)]
pub(super) struct Disk {
    pub(super) inodes: BTreeMap<u64, Inode>,
    pub(super) names: BTreeMap<PathBuf, u64>,
    /// Names that outlive a power failure.
    durable_names: BTreeMap<PathBuf, u64>,
    openings: BTreeMap<u64, Opening>,
    next: u64,
    /// Nothing can be written.
    pub(super) full: bool,
    /// The next sync fails.
    pub(super) sync_fails: bool,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Inode {
    /// What every process reads.
    pub(super) cached: Vec<u8>,
    /// What the disk has.
    durable: Vec<u8>,
    /// Sectors that were written, and are not on the disk for certain.
    unsynced: BTreeSet<usize>,
    /// The opening that has its lock.
    pub(super) lock: Option<u64>,
}

/// An open file, of which a child has its parent's.
#[derive(Debug, Clone)]
struct Opening {
    inode: u64,
    holders: BTreeSet<usize>,
}

/// What a power failure did.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Loss {
    /// Something was written and not synced.
    pub(super) unsynced: bool,
    /// Of the sectors of a file some came to the disk and some did not.
    pub(super) torn: bool,
}

impl Disk {
    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// A new file without a name.
    pub(super) fn make(&mut self, bytes: Vec<u8>) -> u64 {
        let number = self.number();
        let inode = Inode {
            durable: bytes.clone(),
            cached: bytes,
            ..Inode::default()
        };
        self.inodes.insert(number, inode);
        number
    }

    pub(super) fn open(&mut self, inode: u64, who: usize) -> u64 {
        let opening = self.number();
        let holders = BTreeSet::from([who]);
        self.openings.insert(opening, Opening { inode, holders });
        opening
    }

    /// A child has all that its parent has open.
    pub(super) fn fork(&mut self, parent: usize, child: usize) {
        for opening in self.openings.values_mut() {
            if opening.holders.contains(&parent) {
                opening.holders.insert(child);
            }
        }
    }

    /// Who holds it lets go of it; with the last of them its lock is gone.
    pub(super) fn close(&mut self, opening: u64, who: usize) {
        let Some(found) = self.openings.get_mut(&opening) else {
            return;
        };
        found.holders.remove(&who);
        if found.holders.is_empty() {
            let inode = found.inode;
            self.openings.remove(&opening);
            self.unlock(inode, opening);
        }
    }

    pub(super) fn close_all(&mut self, who: usize) {
        let all: Vec<u64> = self.openings.keys().copied().collect();
        for opening in all {
            self.close(opening, who);
        }
    }

    pub(super) fn unlock(&mut self, inode: u64, opening: u64) {
        if let Some(inode) = self.inodes.get_mut(&inode)
            && inode.lock == Some(opening)
        {
            inode.lock = None;
        }
    }

    /// Whether a process holds the lock of a file.
    pub(super) fn has_lock(&self, who: usize) -> bool {
        self.inodes.values().any(|inode| {
            let opening = inode.lock.and_then(|lock| self.openings.get(&lock));
            opening.is_some_and(|opening| opening.holders.contains(&who))
        })
    }

    pub(super) fn sync_names(&mut self, folder: &Path) {
        let is_here = |path: &&PathBuf| path.parent() == Some(folder);
        self.durable_names.retain(|path, _| !is_here(&path));
        let here = self.names.iter().filter(|(path, _)| is_here(path));
        self.durable_names
            .extend(here.map(|(path, inode)| (path.clone(), *inode)));
    }

    /// All openings and locks are gone; of what was written since it was synced some sectors are on the disk.
    pub(super) fn power_cut(&mut self, random: &mut StdRng) -> Loss {
        let mut loss = Loss::default();
        self.openings.clear();
        for inode in self.inodes.values_mut() {
            inode.lock = None;
            loss.unsynced |= !inode.unsynced.is_empty();
            let (mut kept, mut lost) = (false, false);
            // All, none, or some.
            let share = random.random_range(0..=4);
            for sector in std::mem::take(&mut inode.unsynced) {
                let keeps = random.random_range(0..4) < share;
                kept |= keeps;
                lost |= !keeps;
                if keeps {
                    inode.bring(sector);
                }
            }
            loss.torn |= kept && lost;
            inode.cached = inode.durable.clone();
        }
        let paths: BTreeSet<&PathBuf> =
            self.names.keys().chain(self.durable_names.keys()).collect();
        let mut left = BTreeMap::new();
        for path in paths {
            let (cached, durable) = (self.names.get(path), self.durable_names.get(path));
            let kept = match random.random_bool(0.5) {
                true => cached,
                false => durable,
            };
            if let Some(inode) = kept {
                left.insert(path.clone(), *inode);
            }
        }
        self.durable_names = left.clone();
        self.names = left;
        loss
    }

    /// What stands at a path.
    pub(super) fn content(&self, path: &Path) -> Option<&[u8]> {
        let inode = self.inodes.get(self.names.get(path)?)?;
        Some(&inode.cached)
    }

    /// Write over all of a file, as `cp` does.
    pub(super) fn write_over(&mut self, path: &Path, bytes: &[u8], synced: bool) {
        let Some(inode) = self.names.get(path) else {
            return;
        };
        if let Some(inode) = self.inodes.get_mut(inode) {
            inode.write(bytes, 0);
            if synced {
                inode.sync();
            }
        }
    }

    /// Rename a new file over another, and bring the name to the disk.
    pub(super) fn replace(&mut self, path: &Path, bytes: &[u8]) {
        let inode = self.make(bytes.to_vec());
        self.names.insert(path.to_owned(), inode);
        self.durable_names.insert(path.to_owned(), inode);
    }

    /// Put the whole disk back to what it was; who has what open is as it is.
    pub(super) fn put_back(&mut self, copy: &Self) {
        self.next = self.next.max(copy.next);
        self.inodes = copy.inodes.clone();
        for inode in self.inodes.values_mut() {
            inode.lock = None;
        }
        self.names = copy.names.clone();
        self.durable_names = copy.durable_names.clone();
        self.openings.clear();
    }
}

impl Inode {
    pub(super) fn write(&mut self, bytes: &[u8], offset: usize) {
        let end = offset + bytes.len();
        if self.cached.len() < end {
            self.cached.resize(end, 0);
        }
        self.cached[offset..end].copy_from_slice(bytes);
        self.unsynced.extend(offset / SECTOR..end.div_ceil(SECTOR));
    }

    fn bring(&mut self, sector: usize) {
        if self.durable.len() < self.cached.len() {
            self.durable.resize(self.cached.len(), 0);
        }
        let end = ((sector + 1) * SECTOR).min(self.cached.len());
        let range = sector * SECTOR..end;
        self.durable[range.clone()].copy_from_slice(&self.cached[range]);
    }

    pub(super) fn sync(&mut self) {
        for sector in std::mem::take(&mut self.unsynced) {
            self.bring(sector);
        }
    }

    /// The kernel drops what it could not write: later syncs say that all is well.
    pub(super) fn drop_unsynced(&mut self) {
        self.unsynced.clear();
    }
}

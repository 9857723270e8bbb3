//! Blocks of bytes in a temporary file.

use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tracking_core::shown::Plain;

use crate::failure::Failure;

/// A file without a name, which only this process can open: it is gone when the process ends, however it
/// does. It is made when the first block is written.
#[derive(Debug)]
pub(super) struct Spill {
    folder: PathBuf,
    file: Option<File>,
    /// Bytes of a block.
    block: usize,
    blocks: u32,
}

impl Spill {
    pub(super) fn new(folder: PathBuf, block: usize) -> Self {
        Self {
            folder,
            file: None,
            block,
            blocks: 0,
        }
    }

    /// Write a block, and give its number.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<u32, Failure> {
        let number = self.blocks;
        let offset = self.offset(number);
        let file = match &mut self.file {
            Some(file) => file,
            none => {
                let made = private(&self.folder);
                none.insert(made.map_err(|why| failed("make", &self.folder, &why))?)
            }
        };
        file.write_all_at(bytes, offset)
            .map_err(|why| failed("write", &self.folder, &why))?;
        self.blocks = number.checked_add(1).ok_or_else(|| {
            Failure::Undone("there are more numbers than can be audited at once".to_owned())
        })?;
        Ok(number)
    }

    /// Read the beginning of a block.
    pub(super) fn read(&self, number: u32, bytes: &mut [u8]) -> Result<(), Failure> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        file.read_exact_at(bytes, self.offset(number))
            .map_err(|why| failed("read", &self.folder, &why))
    }

    fn offset(&self, number: u32) -> u64 {
        u64::from(number) * self.block as u64
    }
}

fn private(folder: &Path) -> io::Result<File> {
    let file = tempfile::tempfile_in(folder)?;
    // Nobody can open it by a name; nor may other users by a descriptor of ours.
    file.set_permissions(Permissions::from_mode(0o600))?;
    Ok(file)
}

fn failed(what: &str, folder: &Path, why: &io::Error) -> Failure {
    let folder = Plain::of(folder);
    Failure::Undone(format!(
        "cannot {what} a temporary file in {folder}: {why}; expected 13 bytes of room for each number: name a folder that has it with --temporary-directory"
    ))
}

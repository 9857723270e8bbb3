//! A Unix socket to listen on: made, taken over from a server that died, removed in the end.

use std::fs::{self, Permissions};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::task::{Context, Poll};

use tokio::net::{UnixListener, UnixStream};

/// Its owner and their group may connect.
const MODE: u32 = 0o660;

/// A Unix socket that listens. Its file is removed when it is dropped.
#[derive(Debug)]
pub struct UnixSocket {
    listener: UnixListener,
    path: PathBuf,
    /// Device and inode: what stands at the path later may be another server's.
    identity: (u64, u64),
}

impl UnixSocket {
    /// Listen at `path`, with the mode 0660. A socket that nobody listens on any more is replaced. Call
    /// it within a Tokio runtime.
    ///
    /// # Errors
    /// `AddrInUse` where another server listens, `AlreadyExists` where something else than a socket
    /// stands, and whatever the system says.
    pub fn bind(path: &Path) -> io::Result<Self> {
        remove_stale(path)?;
        let listener = UnixListener::bind(path)?;
        let found = fs::symlink_metadata(path)?;
        let socket = Self {
            listener,
            path: path.to_owned(),
            identity: (found.dev(), found.ino()),
        };
        fs::set_permissions(path, Permissions::from_mode(MODE))?;
        Ok(socket)
    }

    pub(crate) fn poll_accept(&self, context: &mut Context<'_>) -> Poll<io::Result<UnixStream>> {
        let accepted = self.listener.poll_accept(context);
        accepted.map_ok(|(stream, _peer)| stream)
    }
}

impl AsFd for UnixSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.listener.as_fd()
    }
}

impl Drop for UnixSocket {
    fn drop(&mut self) {
        let found = fs::symlink_metadata(&self.path);
        if found.is_ok_and(|found| (found.dev(), found.ino()) == self.identity) {
            // It may be gone; and one that stays is taken over by the next server.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Remove the socket of a server that was killed.
fn remove_stale(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
        Ok(found) if !found.file_type().is_socket() => {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        Ok(_) => {}
    }
    match std::os::unix::net::UnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
        // Connected, or its queue is full.
        Ok(_) | Err(_) => Err(io::ErrorKind::AddrInUse.into()),
    }
}

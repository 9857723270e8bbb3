//! A Unix socket to listen on: made, taken over from a server that died, removed in the end.
//!
//! Nobody but its owner and their group can connect at any moment: the socket has its mode before it has a
//! name. Servers that start in one folder wait for each other, so that none takes the socket that another
//! has just made for one that is left over. What remains is up to whoever may write to the folder: they may
//! rename, remove and replace what stands there at any time.

use std::fs::{self, Permissions};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::task::{Context, Poll};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, Mode, OFlags, fchmod, flock};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, socket_with};
use tokio::net::{UnixListener, UnixStream};

/// Its owner and their group may connect.
const MODE: u32 = 0o660;

/// How many connections wait until they are accepted, at most; the system may allow fewer.
const QUEUE: i32 = 4_096;

/// How long to wait for another server that starts in the same folder, which takes a millisecond.
const PATIENCE: Duration = Duration::from_secs(2);

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
        let address = address(path)?;
        // Until the end: before it listens, a socket looks like one that was left over.
        let _alone = lock_folder(path)?;
        remove_stale(path, &address)?;
        let socket = bound(&address)?;
        let found = fs::symlink_metadata(path)?;
        let identity = (found.dev(), found.ino());
        // The umask took away from it. From here on the file is removed again if something fails.
        let listener = fs::set_permissions(path, Permissions::from_mode(MODE))
            .and_then(|()| Ok(rustix::net::listen(&socket, QUEUE)?))
            .and_then(|()| UnixListener::from_std(socket.into()))
            .inspect_err(|_| remove(path, identity))?;
        Ok(Self {
            listener,
            path: path.to_owned(),
            identity,
        })
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
        remove(&self.path, self.identity);
    }
}

/// Remove a socket, unless another one stands there.
fn remove(path: &Path, identity: (u64, u64)) {
    let found = fs::symlink_metadata(path);
    if found.is_ok_and(|found| (found.dev(), found.ino()) == identity) {
        // It may be gone; and one that stays is taken over by the next server.
        let _ = fs::remove_file(path);
    }
}

fn new_socket() -> io::Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    Ok(socket)
}

/// A socket with a file, whose mode is [`MODE`] without what the umask takes away.
fn bound(address: &SocketAddrUnix) -> io::Result<OwnedFd> {
    let socket = new_socket()?;
    // The file takes the mode of the socket (Linux, unix(7)), so that it never has another one.
    fchmod(&socket, Mode::from_raw_mode(MODE))?;
    rustix::net::bind(&socket, address)?;
    Ok(socket)
}

/// Keep other servers from starting in the folder of this path, until the lock is dropped.
fn lock_folder(path: &Path) -> io::Result<OwnedFd> {
    let parent = path.parent().filter(|parent| *parent != Path::new(""));
    let folder = parent.unwrap_or(Path::new("."));
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let folder = rustix::fs::open(folder, flags, Mode::empty())?;
    let began = Instant::now();
    loop {
        match flock(&folder, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(folder),
            Err(Errno::WOULDBLOCK) if began.elapsed() < PATIENCE => {
                sleep(Duration::from_millis(5));
            }
            Err(Errno::WOULDBLOCK) => {
                let message = "another program has locked its folder";
                return Err(io::Error::new(io::ErrorKind::ResourceBusy, message));
            }
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn address(path: &Path) -> io::Result<SocketAddrUnix> {
    // Linux takes one more, but then without the zero that many clients need.
    const LENGTH_MAX: usize = 107;
    let length = path.as_os_str().len();
    if length > LENGTH_MAX {
        let message = format!(
            "its path has {length} bytes, and clients can use at most {LENGTH_MAX}; choose a shorter one with --listen"
        );
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    Ok(SocketAddrUnix::new(path)?)
}

/// Remove the socket of a server that was killed.
fn remove_stale(path: &Path, address: &SocketAddrUnix) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
        Ok(found) if !found.file_type().is_socket() => {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        Ok(_) => {}
    }
    // It does not wait for a place in the queue of a server that is busy.
    match rustix::net::connect(new_socket()?, address) {
        Err(Errno::CONNREFUSED) => fs::remove_file(path),
        Err(Errno::NOENT) => Ok(()),
        // Connected, or its queue is full.
        Ok(()) | Err(Errno::WOULDBLOCK) => Err(io::ErrorKind::AddrInUse.into()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net;
    use std::sync::Barrier;

    use super::*;

    /// A runtime to bind in.
    fn runtime() -> tokio::runtime::Runtime {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().build().unwrap()
    }

    #[test]
    fn no_other_user_can_connect_at_any_moment() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let address = SocketAddrUnix::new(&path).unwrap();
        let _socket = bound(&address).unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777 & !MODE, 0, "{mode:o}");
    }

    #[test]
    fn of_many_that_start_at_once_one_listens() {
        const SERVERS: usize = 4;
        let folder = tempfile::tempdir().unwrap();
        let path = &folder.path().join("a");
        let runtime = runtime();
        for round in 0..200 {
            // A server that was killed left its socket.
            drop(net::UnixListener::bind(path).unwrap());
            let barrier = &Barrier::new(SERVERS);
            let handle = runtime.handle();
            let all: Vec<_> = std::thread::scope(|scope| {
                let start = || {
                    let _in_runtime = handle.enter();
                    barrier.wait();
                    UnixSocket::bind(path)
                };
                let threads: Vec<_> = (0..SERVERS).map(|_| scope.spawn(start)).collect();
                threads.into_iter().map(|one| one.join().unwrap()).collect()
            });
            let kinds = all
                .iter()
                .filter_map(|one| Some(one.as_ref().err()?.kind()));
            let in_use = vec![io::ErrorKind::AddrInUse; SERVERS - 1];
            assert_eq!(kinds.collect::<Vec<_>>(), in_use, "round {round}");
            net::UnixStream::connect(path).unwrap();
            drop(all);
            assert!(!path.exists());
        }
    }

    #[test]
    fn a_server_whose_queue_is_full_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let address = SocketAddrUnix::new(&path).unwrap();
        let socket = bound(&address).unwrap();
        rustix::net::listen(&socket, 1).unwrap();
        let mut waiting = Vec::new();
        loop {
            let client = new_socket().unwrap();
            match rustix::net::connect(&client, &address) {
                Ok(()) => waiting.push(client),
                Err(error) => {
                    assert_eq!(error, Errno::WOULDBLOCK);
                    break;
                }
            }
        }
        let runtime = runtime();
        let _in_runtime = runtime.enter();
        let error = UnixSocket::bind(&path).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    }

    #[test]
    fn paths_that_are_too_long_and_folders_that_are_locked() {
        let folder = tempfile::tempdir().unwrap();
        let start = folder.path().join("x");
        let room = 107 - start.as_os_str().len();
        let runtime = runtime();
        let _in_runtime = runtime.enter();
        let longest = format!("{}{}", start.display(), "x".repeat(room));
        assert!(UnixSocket::bind(Path::new(&longest)).is_ok());
        let longer = longest + "x";
        let error = UnixSocket::bind(Path::new(&longer)).unwrap_err();
        let expected = "its path has 108 bytes, and clients can use at most 107; choose a shorter one with --listen";
        assert_eq!(error.to_string(), expected);
        let _lock = lock_folder(&start).unwrap();
        let error = lock_folder(&start).unwrap_err();
        assert_eq!(error.to_string(), "another program has locked its folder");
    }
}

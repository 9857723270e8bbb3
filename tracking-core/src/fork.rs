//! What becomes of shared state in a child of `fork`: it is left alone, and made anew.
//!
//! A child of `fork` has a copy of all of its parent's memory, and a single thread, the one that
//! forked. So three things in it are traps. Numbers and serials in hand are the parent's too. A
//! mutex may be held by a thread that is not there, for ever. And an open connection or file is
//! the parent's, with its half-read answers and its lock.
//!
//! [`Process`] tells a child from its parent at the price of one relaxed load; [`PerProcess`] is
//! a value that stays behind in the parent.
//!
//! What goes round the C library's `fork` (a bare system call, `vfork`, `clone`) is not seen; such
//! a child must do nothing but `exec`.

// The only unsafe code: a call of `pthread_atfork`, and the end of what `ManuallyDrop` holds.
#![allow(unsafe_code, reason = "argued at each of its two places")]

use std::fmt;
use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use once_cell::race::OnceBox;

/// How often this process and its parents were forked since the first of them asked for it.
static FORKS: AtomicU64 = AtomicU64::new(0);

extern "C" fn in_the_child() {
    // The child has one thread, and it runs this: what it does later comes after it.
    FORKS.fetch_add(1, Ordering::Relaxed);
}

/// From now on this process takes itself for that child: for a simulation, which forks nothing.
#[cfg(feature = "testing")]
#[doc(hidden)]
pub fn pretend(forks: u64) {
    FORKS.store(forks, Ordering::Relaxed);
}

/// One process, as told from its parents and children.
///
/// ```
/// use tracking_core::fork::Process;
///
/// let process = Process::current();
/// assert!(process.is_current()); // and not any more in a child of `fork`
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Process(u64);

impl Process {
    /// The process that calls.
    ///
    /// # Panics
    /// Where the C library has no memory to take note of what is to be done in a child.
    pub fn current() -> Self {
        static WATCHED: AtomicBool = AtomicBool::new(false);
        // Not a `Once`: a child that was forked within one would wait for it for ever. Two threads
        // that both find nothing each register, and a fork then counts twice, which is as good.
        // Acquire: who sees the mark also sees what was registered before it was set.
        if !WATCHED.load(Ordering::Acquire) {
            // SAFETY: the handler is a function of this program that takes nothing, never unwinds
            // and lives as long as the code; all that it does is add to an atomic, which is
            // allowed in a child of a process with many threads.
            let result = unsafe { libc::pthread_atfork(None, None, Some(in_the_child)) };
            assert_eq!(result, 0, "pthread_atfork: out of memory");
            WATCHED.store(true, Ordering::Release);
        }
        Self(FORKS.load(Ordering::Relaxed))
    }

    /// Whether it is the process that asks.
    #[inline]
    pub fn is_current(self) -> bool {
        // Relaxed: only `fork` changes the count, in a process that has no other thread then.
        FORKS.load(Ordering::Relaxed) == self.0
    }
}

/// A value of which each process has its own: a child of `fork` finds none, and makes it
/// anew.
///
/// What the child inherited is never touched again, nor dropped: a mutex in it may be held by a
/// thread that the child does not have, and a connection in it is the parent's. That memory is
/// lost to the child, once for each fork.
///
/// ```
/// use std::sync::Mutex;
/// use tracking_core::fork::PerProcess;
///
/// let connection = PerProcess::new(Mutex::new(None::<std::net::TcpStream>));
/// // In each call. A child gets a mutex that nobody holds, and connects anew.
/// let mut connection = connection.get(Mutex::default).lock();
/// # let _ = &mut connection;
/// ```
pub struct PerProcess<T> {
    newest: Own<T>,
}

/// The value of one process, and behind it those of its children, each in its own memory alone.
struct Own<T> {
    process: Process,
    value: ManuallyDrop<T>,
    /// Written once, by whoever comes first and without a lock, for the reason told above.
    child: OnceBox<Own<T>>,
}

impl<T> PerProcess<T> {
    /// The value of this process.
    pub fn new(value: T) -> Self {
        Self {
            newest: Own::new(value),
        }
    }

    /// What a child would inherit of this process's value, or a machine that is restored would hold:
    /// `copy` makes it.
    #[cfg(feature = "testing")]
    pub(crate) fn copied(&self, anew: impl FnOnce() -> T, copy: impl FnOnce(&T) -> T) -> Self {
        Self::new(copy(self.get(anew)))
    }

    /// This process's value. `anew` makes it where only a parent has one; where threads
    /// race for that, each may call it, and one value is kept.
    #[inline]
    pub fn get(&self, anew: impl FnOnce() -> T) -> &T {
        if self.newest.process.is_current() {
            &self.newest.value
        } else {
            self.newest.childs(anew)
        }
    }
}

impl<T> Own<T> {
    fn new(value: T) -> Self {
        Self {
            process: Process::current(),
            value: ManuallyDrop::new(value),
            child: OnceBox::new(),
        }
    }

    /// The value of the last process in line, which is this one.
    #[cold]
    fn childs(&self, anew: impl FnOnce() -> T) -> &T {
        let mut own = self;
        while !own.process.is_current() {
            match own.child.get() {
                Some(child) => own = child,
                None => {
                    // One that is made in vain is of this process, and so dropped as usual.
                    return &own.child.get_or_init(|| Box::new(Self::new(anew()))).value;
                }
            }
        }
        &own.value
    }
}

impl<T> Drop for Own<T> {
    fn drop(&mut self) {
        if self.process.is_current() {
            // SAFETY: it is dropped here and nowhere else, and nothing uses it later.
            unsafe { ManuallyDrop::drop(&mut self.value) }
        }
    }
}

impl<T: Default> Default for PerProcess<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> fmt::Debug for PerProcess<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PerProcess").finish_non_exhaustive()
    }
}

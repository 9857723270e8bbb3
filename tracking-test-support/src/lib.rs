//! What the tests of several crates need: real servers as guards, which the test itself starts in a temporary folder,
//! on a free port and a Unix socket, and which are killed when they are dropped.
//!
//! No user builds it: it is a development dependency alone.
#![expect(
    clippy::expect_used,
    reason = "a guard that cannot be set up is a test that fails"
)]

mod certificates;
pub mod clock;
mod daemon;
pub mod disk;
mod lines;
mod locks;
pub mod mysql;
mod preload;
mod programs;
pub mod redis;
mod small_disk;
mod waiting;

pub use certificates::Certificates;
pub use daemon::Daemon;
pub use lines::Lines;
pub use locks::{lock_holder, lock_holders};
pub use preload::Preload;
pub use programs::{is_installed, not_here, program};
pub use small_disk::{FileMount, SmallDisk};
pub use waiting::{free_port, until};

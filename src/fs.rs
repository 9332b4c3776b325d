//! The file system: std's file under `Aio`, and the ways to open one.

mod file;
mod mode;
mod options;
#[cfg(not(unix))]
mod other;
#[cfg(unix)]
mod unix;

pub use file::File;
pub use options::{OpenOptions, open};
#[cfg(not(unix))]
use other::close;
#[cfg(unix)]
use unix::close;

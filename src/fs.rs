//! All of `std::fs`, awaited: each function is one hop to the pool of the process.
//!
//! Names, arguments and results are std's. Errors name the operation and each path. A function that was called
//! has its effect even if its future is dropped; a normal end of the process waits for those that change
//! something.
//!
//! ```
//! use aiofile::fs;
//!
//! # pollster::block_on(async {
//! # let dir = tempfile::tempdir().unwrap();
//! # let dir = dir.path();
//! fs::create_dir_all(dir.join("a/b")).await?;
//! fs::write(dir.join("a/b/c.txt"), "text").await?;
//! fs::rename(dir.join("a/b/c.txt"), dir.join("a/d.txt")).await?;
//! assert_eq!(fs::read_to_string(dir.join("a/d.txt")).await?, "text");
//!
//! let mut names = Vec::new();
//! let mut entries = fs::read_dir(dir.join("a")).await?;
//! while let Some(entry) = entries.next_entry().await? {
//!     names.push((entry.file_name(), entry.file_type()?.is_dir()));
//! }
//! names.sort();
//! assert_eq!(names, [("b".into(), true), ("d.txt".into(), false)]);
//! # aiofile::Result::Ok(()) }).unwrap()
//! ```

mod atomic;
mod copy;
mod dir;
mod file;
mod functions;
#[cfg_attr(target_os = "linux", path = "fs/inline/linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "fs/inline/none.rs")]
mod inline;
mod mode;
mod options;
#[cfg(not(unix))]
mod other;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

pub use atomic::write_atomic;
pub use copy::{copy, copy_with};
pub use dir::{DirBuilder, DirEntry, ReadDir, Walk, read_dir, walk};
pub use file::File;
pub(crate) use file::seek_back;
pub use functions::*;
pub use options::{OpenOptions, open};
#[cfg(not(unix))]
use other::{close, is_one_file};
#[cfg(unix)]
use unix::close;
#[cfg(unix)]
pub(crate) use unix::is_one_file;
#[cfg(unix)]
pub use unix::{chown, chroot, fchown, lchown, symlink};
#[cfg(windows)]
pub use windows::{symlink_dir, symlink_file};

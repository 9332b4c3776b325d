//! Temporary files and directories, awaited: the crate [`tempfile` 3](::tempfile) (feature `temp`).
//!
//! * [`tempfile()`]: a file without a name, gone when it is closed.
//! * [`NamedTempFile`]: a file with a name, which is removed, or becomes the file that it was written for
//!   ([`persist`](NamedTempFile::persist)).
//! * [`tempdir()`]: a directory, removed with all that is in it.
//! * [`spooled_tempfile`]: in memory until it is large, then a file.
//! * [`Builder`]: any name, permissions, pool.
//!
//! ```
//! use aiofile::temp::{NamedTempFile, tempdir};
//!
//! # pollster::block_on(async {
//! let dir = tempdir().await?;
//! let report = NamedTempFile::new_in(dir.path()).await?;
//! report.write_all("all of it, ").await?;                     // std's names, as on any `File`
//! report.write_all("or nothing").await?;
//! report.sync_all().await?;
//! let path = dir.path().join("report.txt");
//! report.persist(&path).await?.close().await?;
//! assert_eq!(aiofile::fs::read_to_string(&path).await?, "all of it, or nothing");
//! dir.close().await?;                                         // dropped, it is removed as well
//! # assert!(!path.exists());
//! # aiofile::Result::Ok(()) }).unwrap()
//! ```
//!
//! Names are tempfile's: random, made so that nothing that is there is ever opened, in
//! [`tempfile::env::temp_dir`] unless a directory is given. Files are for their owner alone; directories have the
//! permissions of any new one.
//!
//! # Removal
//!
//! What is dropped is removed on a pool thread, never on the async one, and a normal end of the process waits for
//! it. So is what was made for a future that nobody awaited. An error of it is to be had from `close` alone. A
//! process that ends by a signal or by `abort` leaves its named files and its directories behind.
//!
//! A name lives as long as its owner: `fs::read_dir(dir)` would take the [`TempDir`] and drop it, and list what is
//! left. Lend it: `fs::read_dir(&dir)`.

mod builder;
mod dir;
mod named;
#[cfg(not(unix))]
mod other;
mod spooled;
#[cfg(unix)]
mod unix;

use crate::call::Call;
use crate::error::{Context, Operation, Result, shared};
use crate::fs::File;
#[cfg(unix)]
use crate::fs::is_one_file;
use crate::io::Typed;
use crate::pool::Pool;
pub use builder::Builder;
pub use dir::TempDir;
pub use named::{NamedTempFile, PersistError};
#[cfg(not(unix))]
use other::{is_one_file, make_dir, protect, unnamed};
pub use spooled::{SpooledTempFile, spooled_tempfile, spooled_tempfile_in};
use std::path::Path;
use std::{fs, io};
#[cfg(unix)]
use unix::{make_dir, protect, unnamed};

/// Makes a file without a name, for reading and writing, which is gone when it is closed:
/// [`tempfile::tempfile`](::tempfile::tempfile()). Its errors name no path.
///
/// ```
/// # pollster::block_on(async {
/// let scratch = aiofile::temp::tempfile().await?;
/// scratch.write_all("aio file").await?;
/// scratch.rewind().await?;
/// let mut text = String::new();
/// scratch.read_to_string(&mut text).await?;
/// assert_eq!(text, "aio file");
/// # aiofile::Result::Ok(()) }).unwrap()
/// ```
pub fn tempfile() -> Call<Result<File>> {
    tempfile_in(::tempfile::env::temp_dir())
}

/// The same in this directory: [`tempfile::tempfile_in`].
pub fn tempfile_in(dir: impl AsRef<Path>) -> Call<Result<File>> {
    make(&Pool::default(), Operation::TempFile, dir, |dir| unnamed(dir).map(File::from_std))
}

/// Makes a directory that is removed with all that is in it: [`TempDir::new`].
#[doc(alias = "mkdtemp")]
pub fn tempdir() -> Call<Result<TempDir>> {
    TempDir::new()
}

/// The same in this directory: [`TempDir::new_in`].
pub fn tempdir_in(dir: impl AsRef<Path>) -> Call<Result<TempDir>> {
    TempDir::new_in(dir)
}

/// Makes something in a directory. The end of the process waits for it, also for its drop if nobody wants it.
fn make<R, F>(pool: &Pool, operation: Operation, dir: impl AsRef<Path>, f: F) -> Call<Result<R>>
where
    R: Send + 'static,
    F: FnOnce(&Path) -> io::Result<R> + Send + 'static,
{
    let dir = shared(dir.as_ref());
    let policy = Typed::new(Context::on(operation, Some(dir.clone())));
    pool.run_as(policy, move || f(&dir))
}

/// Opens a file that runs on this pool, from inside one of its jobs.
fn open_on(pool: &Pool, options: &fs::OpenOptions, path: &Path) -> io::Result<File> {
    Ok(File::build(pool, options.open(path)?, Some(shared(path))))
}

/// The ways to make a named thing, as tempfile has them.
macro_rules! makers {
    ($Thing:ident, $make:ident, $make_in:ident, $what:literal) => {
        impl $Thing {
            #[doc = concat!("Makes ", $what, " in the directory for temporary ones.")]
            pub fn new() -> $crate::Call<$crate::Result<Self>> {
                super::Builder::new().$make()
            }

            #[doc = concat!("Makes ", $what, " in this directory.")]
            pub fn new_in(dir: impl AsRef<std::path::Path>) -> $crate::Call<$crate::Result<Self>> {
                super::Builder::new().$make_in(dir)
            }

            #[doc = concat!("Makes ", $what, " whose name begins so.")]
            pub fn with_prefix(prefix: impl AsRef<std::ffi::OsStr>) -> $crate::Call<$crate::Result<Self>> {
                super::Builder::new().prefix(prefix).$make()
            }

            #[doc = concat!("Makes ", $what, " in this directory, whose name begins so.")]
            pub fn with_prefix_in(
                prefix: impl AsRef<std::ffi::OsStr>,
                dir: impl AsRef<std::path::Path>,
            ) -> $crate::Call<$crate::Result<Self>> {
                super::Builder::new().prefix(prefix).$make_in(dir)
            }

            #[doc = concat!("Makes ", $what, " whose name ends so: `.txt`, say.")]
            pub fn with_suffix(suffix: impl AsRef<std::ffi::OsStr>) -> $crate::Call<$crate::Result<Self>> {
                super::Builder::new().suffix(suffix).$make()
            }

            #[doc = concat!("Makes ", $what, " in this directory, whose name ends so.")]
            pub fn with_suffix_in(
                suffix: impl AsRef<std::ffi::OsStr>,
                dir: impl AsRef<std::path::Path>,
            ) -> $crate::Call<$crate::Result<Self>> {
                super::Builder::new().suffix(suffix).$make_in(dir)
            }
        }
    };
}
use makers;

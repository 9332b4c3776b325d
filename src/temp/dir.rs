//! `TempDir`: a directory, removed with all that is in it.

use super::makers;
use crate::aio::Aio;
use crate::call::Call;
use crate::error::{Context, Operation, Result, shared};
use crate::io::Typed;
use crate::pool::Pool;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A directory that is removed with all that is in it when it is dropped: [`tempfile::TempDir`].
///
/// ```
/// use aiofile::{fs, temp::TempDir};
///
/// # pollster::block_on(async {
/// let dir = TempDir::new().await?;
/// fs::write(dir.path().join("a"), "content").await?;
/// # let path = dir.path().to_owned();
/// dir.close().await?;
/// # assert!(!path.exists());
/// # aiofile::Result::Ok(()) }).unwrap()
/// ```
///
/// *Abandonment:* a directory that was made for nobody is removed. See also [the module](super#removal).
#[derive(Debug)]
pub struct TempDir {
    path: Arc<Path>,
    cleanup: bool,
    pool: Pool,
}

makers!(TempDir, tempdir, tempdir_in, "a directory");

impl TempDir {
    pub(super) fn of(path: &Path, cleanup: bool, pool: Pool) -> Self {
        TempDir { path: shared(path), cleanup, pool }
    }

    /// Where it is: an absolute path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Lets the directory stay, and says where it is. No hop.
    pub fn keep(mut self) -> PathBuf {
        self.cleanup = false;
        self.path.to_path_buf()
    }

    /// Whether the directory stays when this is dropped.
    pub fn disable_cleanup(&mut self, disable_cleanup: bool) {
        self.cleanup = !disable_cleanup;
    }

    /// Removes the directory with all that is in it, and says how that went.
    pub fn close(self) -> Call<Result<()>> {
        let context = Context::on(Operation::RemoveDirAll, Some(self.path.clone()));
        // If the call is not run, the directory is dropped with it.
        self.pool.clone().run_as(Typed::new(context), move || fs::remove_dir_all(self.keep()))
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        if self.cleanup {
            // The drop of a handle is run in any case, also when the pool is shut down.
            drop(Aio::build(&self.pool, Box::new(Tree(self.path.clone())), true));
        }
    }
}

impl AsRef<Path> for TempDir {
    fn as_ref(&self) -> &Path {
        &self.path
    }
}

/// Removes the directory when it is dropped.
struct Tree(Arc<Path>);

impl Drop for Tree {
    fn drop(&mut self) {
        // There is nobody left to tell of an error.
        let _ = fs::remove_dir_all(&self.0);
    }
}

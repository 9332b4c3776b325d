//! `Builder`: names, permissions and the pool of what is made.

use super::{NamedTempFile, TempDir, make, make_dir, open_on, protect};
use crate::call::Call;
use crate::error::{Operation, Result};
use crate::pool::Pool;
use std::ffi::{OsStr, OsString};
use std::fs::{self, Permissions};
use std::io;
use std::path::Path;

/// [`tempfile::Builder`], with the pool that the file or directory is to run on.
///
/// ```
/// use aiofile::{Pool, temp::Builder};
///
/// # pollster::block_on(async {
/// # let dir = tempfile::tempdir().unwrap();
/// let five = Pool::new(5);
/// let page = Builder::new().prefix("page-").suffix(".html").pool(&five).tempfile_in(dir.path()).await?;
/// let name = page.path().file_name().unwrap().to_str().unwrap();
/// assert!(name.starts_with("page-") && name.ends_with(".html"));
/// # aiofile::Result::Ok(()) }).unwrap()
/// ```
#[derive(Clone, Debug, Default)]
pub struct Builder {
    prefix: Option<OsString>,
    suffix: Option<OsString>,
    rand_bytes: Option<usize>,
    append: bool,
    permissions: Option<Permissions>,
    disable_cleanup: bool,
    pool: Option<Pool>,
}

impl Builder {
    /// A builder with tempfile's defaults: `.tmp` and six random letters and digits.
    pub fn new() -> Self {
        Builder::default()
    }

    /// How the name begins.
    pub fn prefix(&mut self, prefix: impl AsRef<OsStr>) -> &mut Self {
        self.prefix = Some(prefix.as_ref().to_owned());
        self
    }

    /// How the name ends.
    pub fn suffix(&mut self, suffix: impl AsRef<OsStr>) -> &mut Self {
        self.suffix = Some(suffix.as_ref().to_owned());
        self
    }

    /// How many random letters and digits are between the two. With none, what has that name is an error.
    pub fn rand_bytes(&mut self, rand_bytes: usize) -> &mut Self {
        self.rand_bytes = Some(rand_bytes);
        self
    }

    /// Whether all writes go to the end of the file. A directory has none.
    pub fn append(&mut self, append: bool) -> &mut Self {
        self.append = append;
        self
    }

    /// Who may do what with it, less the umask: a file is for its owner alone (0o600) unless this is set.
    ///
    /// *Platforms:* elsewhere than on Unix, permissions that are read-only are an error.
    pub fn permissions(&mut self, permissions: Permissions) -> &mut Self {
        self.permissions = Some(permissions);
        self
    }

    /// Whether it stays when it is dropped: to look at it, say.
    #[doc(alias("keep", "delete"))]
    pub fn disable_cleanup(&mut self, disable_cleanup: bool) -> &mut Self {
        self.disable_cleanup = disable_cleanup;
        self
    }

    /// Where it is made and removed, and the file's calls run; [`Pool::default`] unless it is set.
    ///
    /// *Cost:* for a file, a second hop.
    pub fn pool(&mut self, pool: &Pool) -> &mut Self {
        self.pool = Some(pool.clone());
        self
    }

    /// Makes a file with a name.
    pub fn tempfile(&self) -> Call<Result<NamedTempFile>> {
        self.tempfile_in(tempfile::env::temp_dir())
    }

    /// Makes a file with a name in this directory.
    pub fn tempfile_in(&self, dir: impl AsRef<Path>) -> Call<Result<NamedTempFile>> {
        let this = self.clone();
        let pool = self.pool.clone().unwrap_or_default();
        let on = pool.clone();
        make(&pool, Operation::TempFile, dir, move |dir| {
            let made = this.to_tempfile().make_in(dir, |path| {
                let mut options = fs::OpenOptions::new();
                options.read(true).write(true).append(this.append).create_new(true);
                protect(&mut options, this.permissions.as_ref())?;
                open_on(&on, &options, path)
            })?;
            let (file, name) = made.into_parts();
            Ok(NamedTempFile::of(file, name))
        })
    }

    /// Makes a directory.
    pub fn tempdir(&self) -> Call<Result<TempDir>> {
        self.tempdir_in(tempfile::env::temp_dir())
    }

    /// Makes a directory in this one.
    pub fn tempdir_in(&self, dir: impl AsRef<Path>) -> Call<Result<TempDir>> {
        let this = self.clone();
        let pool = self.pool.clone().unwrap_or_default();
        make(&pool.clone(), Operation::TempDir, dir, move |dir| {
            // Not by `tempfile::TempDir`, whose errors have lost the system's number.
            let make_dir = |path: &Path| make_dir(path, this.permissions.as_ref());
            let mut name = this.to_tempfile().make_in(dir, make_dir)?.into_temp_path();
            name.disable_cleanup(true);
            io::Result::Ok(TempDir::of(&name, !this.disable_cleanup, pool))
        })
    }

    fn to_tempfile(&self) -> tempfile::Builder<'_, '_> {
        let mut builder = tempfile::Builder::new();
        builder.disable_cleanup(self.disable_cleanup);
        if let Some(prefix) = &self.prefix {
            builder.prefix(prefix);
        }
        if let Some(suffix) = &self.suffix {
            builder.suffix(suffix);
        }
        if let Some(rand_bytes) = self.rand_bytes {
            builder.rand_bytes(rand_bytes);
        }
        builder
    }
}

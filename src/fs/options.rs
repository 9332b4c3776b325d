//! Opening a file: by CPython's modes, or by std's options.

use super::File;
use super::inline;
use super::mode::{self, Access};
use crate::call::Call;
use crate::coop;
use crate::error::{Context, Operation, Result, shared};
use crate::io::Typed;
use crate::pool::Pool;
use std::io::{self, Seek, SeekFrom};
use std::path::Path;
use std::{fmt, fs};

/// Opens a file on the pool of the process, in one of CPython's modes.
///
/// | mode | opens | position |
/// |---|---|---|
/// | `r`, `r+` | a file that is there, for reading (`+`: and writing) | start |
/// | `w`, `w+` | a file made empty, or made | start |
/// | `a`, `a+` | a file, made if need be, whose writes all go to its end | end |
/// | `x`, `x+` | a file that must not be there yet | start |
///
/// with `b` or `t` anywhere, which mean the same here: bytes. Any other mode is an error of the kind
/// [`InvalidInput`](io::ErrorKind::InvalidInput), whose text says what was wrong and what is allowed.
///
/// ```
/// # pollster::block_on(async {
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("data.txt");
/// let file = aiofile::open(&path, "w").await?;
/// file.write_all("aio file").await?;
/// file.close().await?;
/// # assert_eq!(std::fs::read_to_string(&path).unwrap(), "aio file");
///
/// let error = aiofile::open(&path, "rw").await.unwrap_err();
/// assert!(error.to_string().contains("more than one of r, w, a, x"));
/// # aiofile::Result::Ok(()) }).unwrap()
/// ```
///
/// *Abandonment:* the file is opened (and made, or emptied) all the same, and closed on the pool; a normal
/// end of the process does not wait for it. *Cost:* one hop; none for a file that is only read and whose name is in the
/// system's cache (Linux; [what a call costs](crate::docs::costs)).
#[doc(alias("open_async", "fopen"))]
pub fn open(path: impl AsRef<Path>, mode: &str) -> Call<Result<File>> {
    let path = path.as_ref();
    match mode::parse(mode) {
        Ok(mode) => {
            let at_end = mode.options == Access::Append;
            mode.to_options().open_at(path, at_end)
        }
        Err(error) => {
            let context = Context::on(Operation::Open, Some(shared(path)));
            Call::ready(Err(context.error(error)))
        }
    }
}

/// [`std::fs::OpenOptions`], with the pool that the file is to run on.
///
/// ```
/// use aiofile::{OpenOptions, Pool};
///
/// # pollster::block_on(async {
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("log");
/// let five = Pool::new(5);
/// let log = OpenOptions::new().append(true).create(true).pool(&five).open(&path).await?;
/// log.write_all("one line\n").await?;
/// # log.close().await?;
/// # assert_eq!(std::fs::read_to_string(&path).unwrap(), "one line\n");
/// # aiofile::Result::Ok(()) }).unwrap()
/// ```
#[derive(Clone)]
pub struct OpenOptions {
    std: fs::OpenOptions,
    pool: Option<Pool>,
    read: bool,
    /// There may be more that is on: std's own options do not tell.
    more: bool,
}

/// The setters of std, by its names.
macro_rules! setters {
    ($($name:ident: $what:literal;)*) => {$(
        #[doc = concat!($what, ": [`std::fs::OpenOptions::", stringify!($name), "`].")]
        pub fn $name(&mut self, $name: bool) -> &mut Self {
            self.std.$name($name);
            match stringify!($name) {
                "read" => self.read = $name,
                _ => self.more |= $name,
            }
            self
        }
    )*};
}

impl OpenOptions {
    /// Options that are all off.
    pub fn new() -> Self {
        OpenOptions { more: false, ..fs::OpenOptions::new().into() }
    }

    setters! {
        read: "Whether the file can be read";
        write: "Whether the file can be written";
        append: "Whether all writes go to the end of the file";
        truncate: "Whether the file is made empty";
        create: "Whether the file is made if it is not there";
        create_new: "Whether the file must not be there yet";
    }

    /// Sets what only std knows of.
    #[cfg(any(unix, windows))]
    pub(super) fn set(
        &mut self,
        set: impl FnOnce(&mut fs::OpenOptions) -> &mut fs::OpenOptions,
    ) -> &mut Self {
        set(&mut self.std);
        self.more = true;
        self
    }

    /// Where the file is opened, and its calls run; [`Pool::default`] unless it is set.
    pub fn pool(&mut self, pool: &Pool) -> &mut Self {
        self.pool = Some(pool.clone());
        self
    }

    /// Opens the file: [`std::fs::OpenOptions::open`]. *Abandonment* and *Cost* as [`open`].
    pub fn open(&self, path: impl AsRef<Path>) -> Call<Result<File>> {
        self.open_at(path.as_ref(), false)
    }

    fn open_at(&self, path: &Path, at_end: bool) -> Call<Result<File>> {
        let path = shared(path);
        let options = self.std.clone();
        let pool = self.pool.clone().unwrap_or_default();
        let context = Context::on(Operation::Open, Some(path.clone()));
        let on = pool.clone();
        let may_be_at_once = self.read && !self.more && pool.is_inline();
        if may_be_at_once && let Some(file) = inline::open(&path) {
            return Call::at_once(Ok(File::opened(&pool, file, path)), coop::OPEN);
        }
        pool.run_as(Typed::harmless(context), move || {
            if may_be_at_once {
                inline::learn();
            }
            let mut file = options.open(&path)?;
            if at_end {
                seek_to_end(&mut file)?;
            }
            Ok(File::opened(&on, file, path))
        })
    }
}

/// As CPython does in append mode; a pipe has no end to seek to.
fn seek_to_end(file: &mut fs::File) -> io::Result<()> {
    match file.seek(SeekFrom::End(0)) {
        Err(error) if error.kind() != io::ErrorKind::NotSeekable => Err(error),
        _ => Ok(()),
    }
}

impl Default for OpenOptions {
    fn default() -> Self {
        OpenOptions::new()
    }
}

/// std's options, with all that is set in them: for those that come from elsewhere.
///
/// ```
/// # pollster::block_on(async {
/// # let dir = tempfile::tempdir().unwrap();
/// let mut options = std::fs::File::options();
/// options.write(true).create(true);
/// let file = aiofile::OpenOptions::from(options).open(dir.path().join("x")).await?;
/// # aiofile::Result::Ok(()) }).unwrap()
/// ```
impl From<fs::OpenOptions> for OpenOptions {
    fn from(std: fs::OpenOptions) -> Self {
        OpenOptions { std, pool: None, read: false, more: true }
    }
}

impl fmt::Debug for OpenOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenOptions").field("std", &self.std).field("pool", &self.pool).finish()
    }
}

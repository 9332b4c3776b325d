//! `File`: std's file under `Aio`, with its path.

mod cached;
mod lanes;
mod latch;
mod lock;
mod methods;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

use super::{OpenOptions, close};
use crate::aio::Aio;
use crate::call::Call;
use crate::error::{Context, Operation, Result, shared};
use crate::io::Typed;
use crate::pool::Pool;
use lanes::Lanes;
pub(crate) use methods::seek_back;
use std::fs;
use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

/// A file: [`std::fs::File`] under [`Aio`], with the path it was opened by, and std's methods by std's
/// names.
///
/// ```
/// use std::io::SeekFrom;
///
/// # pollster::block_on(async {
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("data.txt");
/// let file = aiofile::open(&path, "w+").await?;
/// file.write_all("typed, ").await?;                                   // std's names
/// file.call(std::io::Write::write_all, (b"by path, ",)).await.unwrap(); // any other method
/// file.with(|file| std::io::Write::write_all(file, b"by closure")).await.unwrap();
/// file.seek(SeekFrom::Start(0)).await?;
/// let mut text = String::new();
/// file.read_to_string(&mut text).await?;
/// assert_eq!(text, "typed, by path, by closure");
/// file.close().await?;
/// # aiofile::Result::Ok(()) }).unwrap()
/// ```
///
/// It dereferences to its [`Aio`]`<Arc<std::fs::File>>`, so `with`, `call` and `method` work on it. (An error of
/// the `Aio`'s own methods does not name the path.) A clone is another handle on the same open file, in the same
/// queue. For what asks for a `&mut std::fs::File`, wrap the std file itself: `Aio<std::fs::File>`.
///
/// # What is promised of every method
///
/// *Ordering:* calls run in the order in which they were made, through whichever clone; but those that name
/// their own offset (`read_at`, `write_at`) and the locks run beside the queue, in parallel. *`Ok` means
/// done:* written bytes are in the file, nothing is buffered. *Errors* name the operation and the path, and
/// keep the system's number. *Abandonment:* a dropped future abandons the wait; writes are written all the
/// same, in order. Bytes that an abandoned read had taken are there for the next read, and every other
/// call finds the file's position where its caller left it. *Cost:* one hop, one allocation, and what a
/// borrowed buffer takes to copy; less for what is in the system's cache ([what a call costs](crate::docs::costs)).
///
/// # Closing
///
/// A dropped file is closed on the pool, after all that was queued. [`close`](File::close) does the same
/// and gives the error.
#[derive(Clone, Debug)]
pub struct File {
    /// The queue. What runs beside it borrows the same std file from `lanes`.
    aio: Aio<Arc<fs::File>>,
    lanes: Arc<Lanes>,
    path: Option<Arc<Path>>,
}

/// Opening and wrapping.
impl File {
    /// Opens a file for reading: [`std::fs::File::open`]. See also [`open`](crate::open).
    pub fn open(path: impl AsRef<Path>) -> Call<Result<File>> {
        OpenOptions::new().read(true).open(path)
    }

    /// Opens a file for writing, made empty or made: [`std::fs::File::create`].
    pub fn create(path: impl AsRef<Path>) -> Call<Result<File>> {
        OpenOptions::new().write(true).create(true).truncate(true).open(path)
    }

    /// Makes a file that must not be there yet, for reading and writing: [`std::fs::File::create_new`].
    pub fn create_new(path: impl AsRef<Path>) -> Call<Result<File>> {
        OpenOptions::new().read(true).write(true).create_new(true).open(path)
    }

    /// Options that are all off: [`std::fs::File::options`].
    pub fn options() -> OpenOptions {
        OpenOptions::new()
    }

    /// Wraps a std file, on the pool of the process. Its errors name no path, until it is given
    /// [one](File::with_path).
    pub fn from_std(file: fs::File) -> File {
        File::build(&Pool::default(), file, None)
    }

    /// The same for a file that was opened here: nobody else has a descriptor of it.
    pub(super) fn opened(pool: &Pool, file: fs::File, path: Arc<Path>) -> File {
        let file = File::build(pool, file, Some(path));
        file.lanes.sole.set(true);
        file
    }

    pub(crate) fn build(pool: &Pool, file: fs::File, path: Option<Arc<Path>>) -> File {
        let file = Arc::new(file);
        let lanes = Lanes::new(&file);
        // What is written is in the file; its drop closes a descriptor, as the end of the process does.
        let aio = Aio::build(pool, Box::new(file), false);
        File { aio, lanes, path }
    }

    /// The same file under this name, for its errors: what it was opened by elsewhere, or `<stdin>`.
    pub fn with_path(self, path: impl AsRef<Path>) -> File {
        File { path: Some(shared(path.as_ref())), ..self }
    }

    /// The path that the file was opened by.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// The std file itself, to be used at once: for what asks for it or for its descriptor (it is
    /// [`AsFd`](std::os::fd::AsFd) on Unix), and cannot block. `None` once the file is closed.
    ///
    /// While it is held, [`close`](File::close) and [`into_std`](File::into_std) fail.
    #[doc(alias("as_fd", "fileno", "as_handle"))]
    pub fn as_std(&self) -> Option<Arc<fs::File>> {
        self.lanes.sole.set(false);
        self.lanes.file()
    }

    pub(crate) fn aio_mut(&mut self) -> &mut Aio<Arc<fs::File>> {
        &mut self.aio
    }

    pub(crate) fn context(&self, operation: Operation) -> Context {
        Context::on(operation, self.path.clone())
    }
}

/// The ways out.
impl File {
    /// The std file, after all calls made before, at the position where its caller left it. Later calls,
    /// through any clone, find the handle closed.
    ///
    /// *Errors:* [`ResourceBusy`](std::io::ErrorKind::ResourceBusy) while a `lock` waits or the std file is
    /// held elsewhere; the handle stays as it was.
    pub fn into_std(self) -> Call<Result<fs::File>> {
        self.take(Operation::IntoStd, Ok)
    }

    /// Closes the file, after all calls made before, and gives the error of close(2), which std and all
    /// peers drop. Later calls, through any clone, find the handle closed.
    ///
    /// Network file systems and quotas may report a failed write only here. What must survive a power cut
    /// needs [`sync_all`](File::sync_all) before. *Errors* also as [`into_std`](File::into_std). *Platforms:* on
    /// Windows there is no error to be had.
    pub fn close(self) -> Call<Result<()>> {
        self.take(Operation::Close, close)
    }

    /// The handle alone, without path and typed methods.
    pub fn into_aio(self) -> Aio<Arc<fs::File>> {
        self.aio.clone()
    }

    /// Gives the std file, as the queue holds it, to a closure: [`Aio::finish`].
    pub fn finish<R, F>(self, f: F) -> Call<R>
    where
        F: FnOnce(Arc<fs::File>) -> R + Send + 'static,
        R: Send + 'static,
    {
        self.into_aio().finish(f)
    }

    fn take<R, F>(self, operation: Operation, f: F) -> Call<Result<R>>
    where
        R: Send + 'static,
        F: FnOnce(fs::File) -> std::io::Result<R> + Send + 'static,
    {
        let lanes = Arc::clone(&self.lanes);
        let policy = Typed::new(self.context(operation));
        let busy = || std::io::Error::from(std::io::ErrorKind::ResourceBusy);
        self.aio.take_if(policy, move |file| lanes.take(file), move |file| f(file.ok_or_else(busy)?))
    }
}

impl Deref for File {
    type Target = Aio<Arc<fs::File>>;

    fn deref(&self) -> &Self::Target {
        &self.aio
    }
}

impl From<fs::File> for File {
    fn from(file: fs::File) -> File {
        File::from_std(file)
    }
}

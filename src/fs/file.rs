//! `File`: std's file under `Aio`, with its path.

mod latch;

use super::{OpenOptions, close};
use crate::aio::Aio;
use crate::call::Call;
use crate::error::{Context, Operation, Result, shared};
use crate::io::{self, Data, Fill, Typed, typed};
use crate::pool::Pool;
use latch::Latch;
use std::fs::{self, Metadata};
use std::io::{Seek, SeekFrom, Write};
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
/// It dereferences to its [`Aio`], so `with`, `call`, `method` and every mirror for
/// `Aio<std::fs::File>` work on it. (An error of the `Aio`'s own methods does not name the path.) A clone is another handle on the same open file, in the same queue.
///
/// # What is promised of every method
///
/// *Ordering:* calls run in the order in which they were made, through whichever clone. *`Ok` means done:*
/// written bytes are in the file, nothing is buffered. *Errors* name the operation and the path, and keep
/// the system's number. *Abandonment:* a dropped future abandons the wait; writes are written all the
/// same, in order. Bytes that an abandoned read had taken are there for the next read, and every other
/// call finds the file's position where its caller left it. *Cost:* one hop, one allocation, and what a
/// borrowed buffer takes to copy.
///
/// # Closing
///
/// A dropped file is closed on the pool, after all that was queued. [`close`](File::close) does the same
/// and gives the error.
#[derive(Clone, Debug)]
pub struct File {
    aio: Aio<fs::File>,
    path: Option<Arc<Path>>,
    /// Shared with everything that syncs the same open file.
    latch: Arc<Latch>,
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

    /// Wraps a std file, on the pool of the process. Its errors name no path, until it is given
    /// [one](File::with_path).
    pub fn from_std(file: fs::File) -> File {
        File::build(&Pool::default(), file, None)
    }

    pub(super) fn build(pool: &Pool, file: fs::File, path: Option<Arc<Path>>) -> File {
        // What is written is in the file; its drop closes a descriptor, as the end of the process does.
        File { aio: Aio::build(pool, Box::new(file), false), path, latch: Arc::default() }
    }

    /// The same file under this name, for its errors: what it was opened by elsewhere, or `<stdin>`.
    pub fn with_path(self, path: impl AsRef<Path>) -> File {
        File { path: Some(shared(path.as_ref())), ..self }
    }

    /// The path that the file was opened by.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    fn context(&self, operation: Operation) -> Context {
        Context { operation, path: self.path.clone() }
    }
}

/// Std's methods.
impl File {
    /// Writes some of the data and gives the number of bytes written: [`Write::write`].
    pub fn write(&self, data: impl Data) -> Call<Result<usize>> {
        io::write(self, self.context(Operation::Write), data)
    }

    /// Writes all of the data: [`Write::write_all`].
    pub fn write_all(&self, data: impl Data) -> Call<Result<()>> {
        io::write_all(self, self.context(Operation::Write), data)
    }

    /// Reads some bytes; 0 is the end: [`Read::read`](std::io::Read::read).
    pub fn read<'b>(&self, buffer: &'b mut [u8]) -> Fill<'b, [u8], usize> {
        io::read(self, self.context(Operation::Read), buffer, seek_back)
    }

    /// Fills the buffer: [`Read::read_exact`](std::io::Read::read_exact).
    pub fn read_exact<'b>(&self, buffer: &'b mut [u8]) -> Fill<'b, [u8], ()> {
        io::read_exact(self, self.context(Operation::Read), buffer, seek_back)
    }

    /// Appends everything up to the end: [`Read::read_to_end`](std::io::Read::read_to_end), in one hop.
    pub fn read_to_end<'b>(&self, buffer: &'b mut Vec<u8>) -> Fill<'b, Vec<u8>, usize> {
        io::read_to_end(self, self.context(Operation::Read), buffer, seek_back)
    }

    /// Appends everything up to the end as text: [`Read::read_to_string`](std::io::Read::read_to_string), in
    /// one hop.
    pub fn read_to_string<'b>(&self, buffer: &'b mut String) -> Fill<'b, String, usize> {
        io::read_to_string(self, self.context(Operation::Read), buffer, seek_back)
    }

    /// Moves to an offset, in bytes, and gives it as counted from the start: [`Seek::seek`].
    pub fn seek(&self, to: SeekFrom) -> Call<Result<u64>> {
        io::seek(self, self.context(Operation::Seek), to)
    }

    /// Moves to the start: [`Seek::rewind`].
    pub fn rewind(&self) -> Call<Result<()>> {
        io::rewind(self, self.context(Operation::Seek))
    }

    /// Where the next byte is read or written, in bytes from the start: [`Seek::stream_position`].
    pub fn stream_position(&self) -> Call<Result<u64>> {
        io::stream_position(self, self.context(Operation::Seek))
    }

    /// Resolves when everything queued before it is done. A file buffers nothing, so there is nothing else
    /// to do: see [`sync_all`](File::sync_all) to have it on the disk.
    pub fn flush(&self) -> Call<Result<()>> {
        self.typed(Operation::Flush, Write::flush)
    }

    /// What the system knows of the file, after all calls made before: [`std::fs::File::metadata`].
    #[doc(alias("stat", "fstat"))]
    pub fn metadata(&self) -> Call<Result<Metadata>> {
        let policy = Typed::harmless(self.context(Operation::Metadata));
        typed(self, policy, |file| file.metadata())
    }

    /// Cuts or extends the file to so many bytes: [`std::fs::File::set_len`].
    #[doc(alias("truncate", "ftruncate"))]
    pub fn set_len(&self, size: u64) -> Call<Result<()>> {
        self.typed(Operation::SetLen, move |file| file.set_len(size))
    }

    /// Has everything on the disk, with its metadata: [`std::fs::File::sync_all`].
    ///
    /// *Errors:* a sync that has failed once stays failed, also for clones, also when its future was
    /// dropped: the system would answer `Ok` the second time, with the data gone
    /// (<https://wiki.postgresql.org/wiki/Fsync_Errors>).
    #[doc(alias = "fsync")]
    pub fn sync_all(&self) -> Call<Result<()>> {
        let latch = Arc::clone(&self.latch);
        self.typed(Operation::SyncAll, move |file| latch.guard(|| file.sync_all()))
    }

    /// Has everything on the disk but metadata that reading does not need: [`std::fs::File::sync_data`].
    /// *Errors* as [`sync_all`](File::sync_all).
    #[doc(alias = "fdatasync")]
    pub fn sync_data(&self) -> Call<Result<()>> {
        let latch = Arc::clone(&self.latch);
        self.typed(Operation::SyncData, move |file| latch.guard(|| file.sync_data()))
    }

    /// A second descriptor of the same open file, with a queue of its own: [`std::fs::File::try_clone`].
    /// The two share their position, and a failed sync. (`clone` shares the queue too, and costs no
    /// descriptor.)
    #[doc(alias = "dup")]
    pub fn try_clone(&self) -> Call<Result<File>> {
        let (pool, path, latch) = (self.pool().clone(), self.path.clone(), Arc::clone(&self.latch));
        let policy = Typed::harmless(self.context(Operation::TryClone));
        typed(self, policy, move |file| {
            let file = file.try_clone()?;
            Ok(File { latch, ..File::build(&pool, file, path) })
        })
    }

    fn typed<R, F>(&self, operation: Operation, f: F) -> Call<Result<R>>
    where
        R: Send + 'static,
        F: FnOnce(&mut fs::File) -> std::io::Result<R> + Send + 'static,
    {
        typed(self, Typed::new(self.context(operation)), f)
    }
}

/// The ways out.
impl File {
    /// The std file, after all calls made before, at the position where its caller left it. Later calls,
    /// through any clone, find the handle closed.
    pub fn into_std(self) -> Call<Result<fs::File>> {
        self.take(Operation::IntoStd, Ok)
    }

    /// Closes the file, after all calls made before, and gives the error of close(2), which std and all
    /// peers drop. Later calls, through any clone, find the handle closed.
    ///
    /// Network file systems and quotas may report a failed write only here. What must survive a power cut
    /// needs [`sync_all`](File::sync_all) before. *Platforms:* on Windows there is no error to be had.
    pub fn close(self) -> Call<Result<()>> {
        self.take(Operation::Close, close)
    }

    /// The handle alone, without path and typed methods.
    pub fn into_aio(self) -> Aio<fs::File> {
        self.aio
    }

    fn take<R, F>(self, operation: Operation, f: F) -> Call<Result<R>>
    where
        R: Send + 'static,
        F: FnOnce(fs::File) -> std::io::Result<R> + Send + 'static,
    {
        let policy = Typed::new(self.context(operation));
        self.aio.take(policy, |file| f(*file))
    }
}

/// Puts the position back over bytes that nobody got; a pipe cannot.
fn seek_back(file: &mut fs::File, bytes: usize) -> bool {
    i64::try_from(bytes).is_ok_and(|bytes| file.seek_relative(-bytes).is_ok())
}

impl Deref for File {
    type Target = Aio<fs::File>;

    fn deref(&self) -> &Aio<fs::File> {
        &self.aio
    }
}

impl From<fs::File> for File {
    fn from(file: fs::File) -> File {
        File::from_std(file)
    }
}

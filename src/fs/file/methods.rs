//! Std's methods, in the file's queue.

use super::File;
use crate::call::Call;
use crate::error::{Operation, Result};
use crate::io::{self, Data, Fill, FillSlices, Typed, typed};
use std::fmt;
use std::fs::{self, FileTimes, Metadata, Permissions};
use std::io::{IoSliceMut, Seek, SeekFrom, Write};
use std::sync::Arc;
use std::time::SystemTime;

/// Std's methods, in the order made.
impl File {
    /// Writes some of the data and gives the number of bytes written: [`Write::write`].
    pub fn write(&self, data: impl Data) -> Call<Result<usize>> {
        io::write(self, self.context(Operation::Write), data)
    }

    /// Writes all of the data: [`Write::write_all`].
    pub fn write_all(&self, data: impl Data) -> Call<Result<()>> {
        io::write_all(self, self.context(Operation::Write), data)
    }

    /// Writes some of many pieces of data in one writev(2), and gives the number of bytes written:
    /// [`Write::write_vectored`].
    ///
    /// ```
    /// # pollster::block_on(async {
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let file = aiofile::open(dir.path().join("x"), "w").await?;
    /// assert_eq!(file.write_vectored([b"head".to_vec(), vec![0; 4096]]).await?, 4100);
    /// # aiofile::Result::Ok(()) }).unwrap()
    /// ```
    #[doc(alias = "writev")]
    pub fn write_vectored<D: Data>(&self, data: impl IntoIterator<Item = D>) -> Call<Result<usize>> {
        io::write_vectored(self, self.context(Operation::Write), data)
    }

    /// Writes formatted text, all of it: what `write!(file, "{x}").await` calls.
    pub fn write_fmt(&self, text: fmt::Arguments<'_>) -> Call<Result<()>> {
        self.write_all(text.to_string())
    }

    /// Reads some bytes; 0 is the end: [`Read::read`](std::io::Read::read).
    pub fn read<'b>(&self, buffer: &'b mut [u8]) -> Fill<'b, [u8], usize> {
        self.read_at_once(buffer, false)
            .unwrap_or_else(|buffer| io::read(self, self.context(Operation::Read), buffer, seek_back))
    }

    /// Reads some bytes into many buffers in one readv(2):
    /// [`Read::read_vectored`](std::io::Read::read_vectored).
    #[doc(alias = "readv")]
    pub fn read_vectored<'b, 's>(&self, buffers: &'b mut [IoSliceMut<'s>]) -> FillSlices<'b, 's> {
        io::read_vectored(self, self.context(Operation::Read), buffers, seek_back)
    }

    /// Fills the buffer: [`Read::read_exact`](std::io::Read::read_exact).
    pub fn read_exact<'b>(&self, buffer: &'b mut [u8]) -> Fill<'b, [u8], ()> {
        self.read_at_once(buffer, true)
            .unwrap_or_else(|buffer| io::read_exact(self, self.context(Operation::Read), buffer, seek_back))
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

    /// Moves by so many bytes: [`Seek::seek_relative`].
    pub fn seek_relative(&self, by: i64) -> Call<Result<()>> {
        io::seek_relative(self, self.context(Operation::Seek), by)
    }

    /// Moves to the start: [`Seek::rewind`].
    pub fn rewind(&self) -> Call<Result<()>> {
        io::rewind(self, self.context(Operation::Seek))
    }

    /// Where the next byte is read or written, in bytes from the start: [`Seek::stream_position`].
    #[doc(alias("tell", "ftell", "lseek"))]
    pub fn stream_position(&self) -> Call<Result<u64>> {
        io::stream_position(self, self.context(Operation::Seek))
    }

    /// Resolves when everything queued before it is done. A file buffers nothing, so there is nothing else
    /// to do: see [`sync_all`](File::sync_all) to have it on the disk.
    pub fn flush(&self) -> Call<Result<()>> {
        self.typed(Operation::Flush, |mut file| file.flush())
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

    /// Changes who may do what with the file: [`std::fs::File::set_permissions`].
    #[doc(alias("chmod", "fchmod"))]
    pub fn set_permissions(&self, permissions: Permissions) -> Call<Result<()>> {
        self.typed(Operation::SetPermissions, move |file| file.set_permissions(permissions))
    }

    /// Changes the file's times: [`std::fs::File::set_times`].
    #[doc(alias("utimes", "futimens"))]
    pub fn set_times(&self, times: FileTimes) -> Call<Result<()>> {
        self.typed(Operation::SetTimes, move |file| file.set_times(times))
    }

    /// Changes when the file was last modified: [`std::fs::File::set_modified`].
    pub fn set_modified(&self, time: SystemTime) -> Call<Result<()>> {
        self.typed(Operation::SetTimes, move |file| file.set_modified(time))
    }

    /// Has everything on the disk, with its metadata: [`std::fs::File::sync_all`].
    ///
    /// *Errors:* a sync that has failed once stays failed, also for clones, also when its future was
    /// dropped: the system would answer `Ok` the second time, with the data gone
    /// (<https://wiki.postgresql.org/wiki/Fsync_Errors>). One that a closure in [`with`](crate::Aio::with) makes of the std file
    /// is not remembered.
    #[doc(alias = "fsync")]
    pub fn sync_all(&self) -> Call<Result<()>> {
        let latch = self.lanes.latch();
        self.typed(Operation::SyncAll, move |file| latch.guard(|| file.sync_all()))
    }

    /// Has everything on the disk but metadata that reading does not need: [`std::fs::File::sync_data`].
    /// *Errors* as [`sync_all`](File::sync_all).
    #[doc(alias = "fdatasync")]
    pub fn sync_data(&self) -> Call<Result<()>> {
        let latch = self.lanes.latch();
        self.typed(Operation::SyncData, move |file| latch.guard(|| file.sync_data()))
    }

    /// A second descriptor of the same open file, with a queue of its own: [`std::fs::File::try_clone`].
    /// The two share their position, and a failed sync. (`clone` shares the queue too, and costs no
    /// descriptor.)
    #[doc(alias = "dup")]
    pub fn try_clone(&self) -> Call<Result<File>> {
        self.lanes.sole.set(false);
        let (pool, path, latch) = (self.pool().clone(), self.path.clone(), self.lanes.latch());
        let policy = Typed::harmless(self.context(Operation::TryClone));
        typed(self, policy, move |file| {
            let file = file.try_clone()?;
            let file = File::build(&pool, file, path);
            file.lanes.set_latch(latch);
            Ok(file)
        })
    }

    fn typed<R, F>(&self, operation: Operation, f: F) -> Call<Result<R>>
    where
        R: Send + 'static,
        F: FnOnce(&fs::File) -> std::io::Result<R> + Send + 'static,
    {
        typed(self, Typed::new(self.context(operation)), |file| f(file))
    }
}

/// Puts the position back over bytes that nobody got; a pipe cannot. Some devices say yes, and stay where they are: an
/// eventfd, say (the kernel's `noop_llseek`).
pub(crate) fn seek_back(file: &mut Arc<fs::File>, bytes: usize) -> bool {
    let Ok(before) = file.stream_position() else { return false };
    let back = |bytes: i64| file.seek(SeekFrom::Current(-bytes)).is_ok_and(|now| now != before);
    bytes == 0 || i64::try_from(bytes).is_ok_and(back)
}

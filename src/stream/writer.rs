//! `Writer`: small writes at memory speed, written by the pool while the caller fills the next buffer.

mod backlog;
mod into_inner;
mod pipe;

use super::{Handle, polled};
use crate::call::{Call, poll_kept};
use crate::error::{Operation, Result};
use crate::fs::File;
use crate::io::{self, Typed, typed};
pub use into_inner::IntoInnerError;
use pipe::WriterEnd;
use std::fmt;
use std::future::poll_fn;
use std::io::{IoSlice, Seek, SeekFrom, Write};
use std::task::{self, Poll, ready};

/// A buffer in front of a handle: writes are accepted at memory speed, and written by the pool at once, in
/// order, while the next ones are accepted.
///
/// ```
/// # pollster::block_on(async {
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("log");
/// let mut log = aiofile::open(&path, "w").await?.writer();
/// for i in 0..1000 {
///     log.write_all(format!("line {i}\n").as_bytes()).await?;
/// }
/// log.close().await?; // written, and closed
/// # assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 1000);
/// # aiofile::Result::Ok(()) }).unwrap()
/// ```
///
/// # What an `Ok` means
///
/// Of `write` and `write_all`: the bytes are *accepted*, and will be written without further ado, also when the
/// writer is dropped and when the process ends normally. Of `flush`: all accepted bytes are in the value. Of
/// `sync`: and on the disk. Of `close`: and the value is closed. None of these is `Ok` while an accepted byte is
/// unwritten. [`progress`](Writer::progress) tells the numbers at any time.
///
/// # Errors
///
/// An error of the value is kept, with its number, and given to the next call, whichever it is; so is every
/// further `write` then refused. What was not written is kept as well: the `flush` (or `sync`, `close`) after the one
/// that gave the error resumes at exactly the first unwritten byte. [`Interrupted`](std::io::ErrorKind::Interrupted)
/// is no error. A panic of the value resumes in the next call. (To resume takes a value whose failed write leaves it as it
/// was, as a file's does. One that has lost bytes of its own buffer goes on behind a hole: finish with it instead.)
///
/// # Abandonment
///
/// A `write` whose future is dropped has either been accepted or not at all; a `write_all` has accepted what
/// [`progress`](Writer::progress) says. Nothing else is lost by dropping a future.
///
/// # Cost
///
/// A copy into the buffer. A hop for each time that the pool has written everything, and then something comes. At
/// most 512 KiB wait, and up to 4 MiB where they are written and filled again without a rest; then `write` waits for room. An
/// idle writer holds no buffer.
pub struct Writer<H: Handle<Value: Write>> {
    handle: H,
    pipe: WriterEnd,
    /// The value's own flush, which goes on when its wait is abandoned; and what had been accepted when it was made.
    flush: Option<Call<Result<()>>>,
    flushes: u64,
    closing: Option<Call<Result<()>>>,
    /// Where a seek is to go that has not begun.
    seek_to: Option<SeekFrom>,
}

/// How far a [`Writer`] is: in bytes since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Taken by `write` and `write_all`.
    pub accepted: u64,
    /// In the value.
    pub written: u64,
    /// On the disk, for all that is known: a `sync` has confirmed them.
    pub synced: u64,
}

impl<H: Handle<Value: Write>> Writer<H> {
    /// A writer on this handle. What a clone of the handle does comes after all that was accepted before it, unless a write
    /// has failed; what is accepted later may come before it or after it. A writer that is never at its end gives way to it.
    pub fn new(handle: H) -> Self {
        let pipe = WriterEnd::new(handle.context(Operation::Write));
        Writer { handle, pipe, flush: None, flushes: 0, closing: None, seek_to: None }
    }

    /// Accepts some of the data, and gives the number of bytes; waits only if there is no room.
    pub async fn write(&mut self, data: &[u8]) -> Result<usize> {
        poll_fn(|cx| self.poll_write(cx, data)).await
    }

    /// Accepts all of the data.
    pub async fn write_all(&mut self, mut data: &[u8]) -> Result<()> {
        poll_fn(|cx| {
            while !data.is_empty() {
                let accepted = ready!(self.poll_write(cx, data))?;
                data = &data[accepted..];
            }
            Poll::Ready(Ok(()))
        })
        .await
    }

    /// Resolves when all accepted bytes are in the value, and its own flush is done.
    pub async fn flush(&mut self) -> Result<()> {
        poll_fn(|cx| self.poll_flush(cx)).await
    }

    /// Flushes, and gives the handle back. On an error, the writer stays what it was.
    pub async fn into_inner(mut self) -> std::result::Result<H, IntoInnerError<Self>> {
        match self.flush().await {
            Ok(()) => Ok(self.handle),
            Err(error) => Err(IntoInnerError::new(self, error)),
        }
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        self.pipe.progress()
    }

    /// Flushes, and closes the value: [`File::close`], [`Aio::close`](crate::Aio::close). An error of the flush leaves it open, and is
    /// given once: close again to write the rest. To close it twice is no error.
    ///
    /// A value with a close of its own, such as an upload's, is given back by [`into_inner`](Writer::into_inner), and
    /// closed by [`call`](crate::Aio::call) or [`finish`](crate::Aio::finish): to drop it is not to close it.
    pub async fn close(&mut self) -> Result<()> {
        poll_fn(|cx| self.poll_close(cx)).await
    }

    /// Flushes, moves to an offset, and gives it as counted from the start.
    pub async fn seek(&mut self, to: SeekFrom) -> Result<u64>
    where
        H::Value: Seek,
    {
        self.flush().await?;
        io::seek(self.handle.aio(), self.handle.context(Operation::Seek), to).await
    }

    /// `write`, to be polled.
    pub fn poll_write(&mut self, cx: &mut task::Context<'_>, data: &[u8]) -> Poll<Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(data)])
    }

    /// Accepts some of many pieces of data, one after the other, and gives the number of bytes.
    pub fn poll_write_vectored(
        &mut self,
        cx: &mut task::Context<'_>,
        data: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let home = self.handle.aio().mailbox().home();
        let (accepted, drained) = ready!(self.pipe.poll_accept(cx, home, data))?;
        if !drained {
            self.pipe.start(self.handle.aio());
        }
        Poll::Ready(Ok(accepted))
    }

    /// `flush`, to be polled.
    pub fn poll_flush(&mut self, cx: &mut task::Context<'_>) -> Poll<Result<()>> {
        loop {
            if self.flush.is_none() {
                ready!(self.poll_written(cx))?;
                let policy = Typed::new(self.handle.context(Operation::Flush));
                self.flush = Some(typed(self.handle.aio(), policy, Write::flush));
                self.flushes = self.progress().accepted;
            }
            ready!(poll_kept(&mut self.flush, cx))?;
            // A flush whose wait was given up may be older than what was accepted last.
            if self.flushes == self.progress().accepted {
                return Poll::Ready(Ok(()));
            }
        }
    }

    /// `close`, to be polled.
    pub fn poll_close(&mut self, cx: &mut task::Context<'_>) -> Poll<Result<()>> {
        if self.closing.is_none() {
            ready!(self.poll_written(cx))?;
            // By a clone, it may be; but an error of our own flush is ours.
            if self.flush.is_none() && self.handle.aio().is_closed() {
                return Poll::Ready(Ok(()));
            }
            ready!(self.poll_flush(cx))?;
            self.closing = Some(self.handle.close());
        }
        poll_kept(&mut self.closing, cx)
    }

    /// `seek`, to be polled.
    pub fn poll_seek(&mut self, cx: &mut task::Context<'_>, to: SeekFrom) -> Poll<Result<u64>>
    where
        H::Value: Seek,
    {
        if self.seek_to != Some(to) && !polled::seeks(&mut self.handle, to) {
            self.start_seek(to);
        }
        self.poll_sought(cx)
    }

    pub(super) fn start_seek(&mut self, to: SeekFrom) {
        self.seek_to = Some(to);
    }

    pub(super) fn poll_sought(&mut self, cx: &mut task::Context<'_>) -> Poll<Result<u64>>
    where
        H::Value: Seek,
    {
        if let Some(to) = self.seek_to {
            ready!(self.poll_flush(cx))?;
            self.seek_to = None;
            polled::start_seek(&mut self.handle, to);
        }
        polled::poll_sought(&mut self.handle, cx)
    }

    /// Resolves when all accepted bytes are in the value.
    fn poll_written(&mut self, cx: &mut task::Context<'_>) -> Poll<Result<()>> {
        self.pipe.resume_if_told();
        self.pipe.start(self.handle.aio());
        self.pipe.poll_written(cx, self.handle.aio().mailbox().home())
    }
}

/// Of a file.
impl Writer<File> {
    /// Flushes, and has it on the disk: [`File::sync_all`]. A sync that fails stays failed.
    pub async fn sync(&mut self) -> Result<()> {
        self.flush().await?;
        let flushed = self.progress().written;
        self.handle.sync_all().await?;
        self.pipe.synced(flushed);
        Ok(())
    }
}

impl<H: Handle<Value: Write>> fmt::Debug for Writer<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("progress", &self.progress()).finish_non_exhaustive()
    }
}

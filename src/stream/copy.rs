//! All of a reader, into a writer.

use super::{Handle, Reader, Writer};
use crate::error::Result;
use std::fmt;
use std::future::Future;
use std::io::{Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Copies what is left in a reader into a writer, flushes, and gives the number of bytes: [`std::io::copy`], with the
/// reading and the writing at the same time. For a whole file by its path, see [`fs::copy`](crate::fs::copy).
///
/// ```
/// use aiofile::Aio;
/// use std::io::Cursor;
///
/// # pollster::block_on(async {
/// let mut from = Aio::new(Cursor::new(vec![7; 300_000])).reader();
/// let mut to = Aio::new(Vec::new()).writer();
/// let mut last = 0;
/// assert_eq!(aiofile::copy(&mut from, &mut to).on_progress(|bytes| last = bytes).await?, 300_000);
/// assert_eq!(last, 300_000);
/// # aiofile::Result::Ok(()) }).unwrap()
/// ```
///
/// *Abandonment:* nothing is lost: what the reader no longer has, the writer has accepted. Copying on goes on from
/// there. *Errors* of either side, which say by their operation whose they are. *Memory:* what the two buffer.
pub fn copy<'c, R, W>(reader: &'c mut Reader<R>, writer: &'c mut Writer<W>) -> Copy<'c, R, W>
where
    R: Handle<Value: Read>,
    W: Handle<Value: Write>,
{
    Copy { reader, writer, copied: 0, ended: false, progress: None }
}

/// The future of [`copy`].
#[must_use = "nothing is copied unless this is awaited"]
pub struct Copy<'c, R: Handle<Value: Read>, W: Handle<Value: Write>> {
    reader: &'c mut Reader<R>,
    writer: &'c mut Writer<W>,
    copied: u64,
    ended: bool,
    progress: Option<Box<dyn FnMut(u64) + Send + 'c>>,
}

impl<'c, R: Handle<Value: Read>, W: Handle<Value: Write>> Copy<'c, R, W> {
    /// Tells how many bytes the writer has accepted so far, each time that it takes some: every 128 KiB or so. It runs
    /// in the task that awaits.
    pub fn on_progress(self, tell: impl FnMut(u64) + Send + 'c) -> Self {
        Copy { progress: Some(Box::new(tell)), ..self }
    }
}

impl<R: Handle<Value: Read>, W: Handle<Value: Write>> Future for Copy<'_, R, W> {
    type Output = Result<u64>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<u64>> {
        let copy = self.get_mut();
        while !copy.ended {
            ready!(copy.reader.poll_fill_again(cx))?;
            let here = copy.reader.buffer();
            copy.ended = here.is_empty();
            if !copy.ended {
                let accepted = ready!(copy.writer.poll_write(cx, here))?;
                copy.reader.consume(accepted);
                copy.copied += accepted as u64;
                if let Some(tell) = &mut copy.progress {
                    tell(copy.copied);
                }
            }
        }
        ready!(copy.writer.poll_flush(cx))?;
        Poll::Ready(Ok(copy.copied))
    }
}

impl<R: Handle<Value: Read>, W: Handle<Value: Write>> fmt::Debug for Copy<'_, R, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Copy").field("copied", &self.copied).finish_non_exhaustive()
    }
}

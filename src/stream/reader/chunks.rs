//! Pieces of one size.

use super::Reader;
use crate::error::Result;
use crate::stream::Handle;
use std::fmt;
use std::future::poll_fn;
use std::io::Read;
use std::mem;
use std::task::{Context, Poll, ready};

/// Pieces of a stream of bytes that all have one size, but for the last, from [`Reader::chunks`]. It is a
/// [`Stream`](futures_core::Stream) of them, too: what the body of an HTTP response is made from.
///
/// *Abandonment:* nothing is lost.
pub struct Chunks<H: Handle<Value: Read>> {
    reader: Reader<H>,
    size: usize,
}

impl<H: Handle<Value: Read>> Chunks<H> {
    pub(super) fn new(reader: Reader<H>, size: usize) -> Self {
        assert!(size > 0, "aiofile: a chunk of 0 bytes would never end");
        Chunks { reader, size }
    }

    /// The next chunk; `None` at the end.
    pub async fn next_chunk(&mut self) -> Result<Option<Vec<u8>>> {
        poll_fn(|cx| self.poll_next_chunk(cx)).await
    }

    /// `next_chunk`, to be polled.
    pub fn poll_next_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Vec<u8>>>> {
        loop {
            ready!(self.reader.poll_fill_again(cx))?;
            let here = self.reader.buffer().len();
            let wanted = self.size - self.reader.start.len();
            self.reader.hold(wanted.min(here));
            if here == 0 || wanted <= here {
                let chunk = mem::take(&mut self.reader.start);
                return Poll::Ready(Ok((!chunk.is_empty()).then_some(chunk)));
            }
        }
    }

    /// The reader, behind the chunks that were given.
    pub fn get_mut(&mut self) -> &mut Reader<H> {
        self.reader.put_start_back();
        &mut self.reader
    }

    /// The reader, behind the chunks that were given.
    pub fn into_inner(mut self) -> Reader<H> {
        self.reader.put_start_back();
        self.reader
    }
}

impl<H: Handle<Value: Read>> fmt::Debug for Chunks<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chunks").field("reader", &self.reader).field("size", &self.size).finish()
    }
}

//! Parts between a delimiter of the caller's.

use super::Reader;
use super::cut::Cut;
use crate::error::Result;
use crate::stream::Handle;
use std::fmt;
use std::future::poll_fn;
use std::io::Read;
use std::task::{Context, Poll, ready};

/// The parts of a stream of bytes, from [`Reader::split`]. It is a [`Stream`](futures_core::Stream) of them, too.
///
/// The delimiters are not part of them; the last part may have none behind it. *Abandonment:* nothing is lost.
pub struct Split<H: Handle<Value: Read>>(Cut<H>);

impl<H: Handle<Value: Read>> Split<H> {
    pub(super) fn new(reader: Reader<H>, delimiter: u8) -> Self {
        Split(Cut::new(reader, "part", delimiter, |_| 0))
    }

    /// The most bytes that a part may have: a longer one is an error, and the next part follows it. Any number, unless
    /// it is set.
    pub fn max_len(mut self, bytes: usize) -> Self {
        self.0.set_most(bytes);
        self
    }

    /// The next part; `None` at the end.
    pub async fn next_part(&mut self) -> Result<Option<Vec<u8>>> {
        poll_fn(|cx| self.poll_next_part(cx)).await
    }

    /// `next_part`, to be polled.
    pub fn poll_next_part(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Vec<u8>>>> {
        let part = ready!(self.0.poll_next(cx))?;
        Poll::Ready(Ok(part.map(|part| part.bytes)))
    }

    /// The reader, behind the parts that were given.
    pub fn get_mut(&mut self) -> &mut Reader<H> {
        self.0.reader_mut()
    }

    /// The reader, behind the parts that were given.
    pub fn into_inner(self) -> Reader<H> {
        self.0.into_reader()
    }
}

impl<H: Handle<Value: Read>> fmt::Debug for Split<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Split").field("reader", self.0.reader()).finish_non_exhaustive()
    }
}

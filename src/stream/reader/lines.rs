//! Lines of text.

use super::Reader;
use super::cut::{Cut, Part};
use crate::error::Result;
use crate::stream::Handle;
use std::fmt;
use std::future::poll_fn;
use std::io::{Error, ErrorKind, Read};
use std::task::{Context, Poll, ready};

/// The lines of a text, from [`Reader::lines`]. It is a [`Stream`](futures_core::Stream) of them, too.
///
/// A line ends with `\n` or `\r\n`, which are not part of it; the last one may have no end. Text that is not UTF-8 is
/// an error that says where; the next line follows it.
///
/// *Abandonment:* nothing is lost.
pub struct Lines<H: Handle<Value: Read>>(Cut<H>);

impl<H: Handle<Value: Read>> Lines<H> {
    pub(super) fn new(reader: Reader<H>) -> Self {
        Lines(Cut::new(reader, "line", b'\n', |line| usize::from(line.ends_with(b"\r"))))
    }

    /// The most bytes that a line may have, its end aside: a longer one is an error, and the next line follows it. Any
    /// number, unless it is set.
    pub fn max_len(mut self, bytes: usize) -> Self {
        self.0.set_most(bytes);
        self
    }

    /// The next line; `None` at the end.
    pub async fn next_line(&mut self) -> Result<Option<String>> {
        poll_fn(|cx| self.poll_next_line(cx)).await
    }

    /// `next_line`, to be polled.
    pub fn poll_next_line(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<String>>> {
        let line = ready!(self.0.poll_next(cx))?;
        Poll::Ready(line.map(|line| self.text(line)).transpose())
    }

    /// The reader, behind the lines that were given.
    pub fn get_mut(&mut self) -> &mut Reader<H> {
        self.0.reader_mut()
    }

    /// The reader, behind the lines that were given.
    pub fn into_inner(self) -> Reader<H> {
        self.0.into_reader()
    }

    fn text(&self, line: Part) -> Result<String> {
        String::from_utf8(line.bytes).map_err(|not_text| {
            let at = line.at + not_text.utf8_error().valid_up_to() as u64;
            let text = format!("not UTF-8 at byte {at} of the text");
            self.0.reader().error(Error::new(ErrorKind::InvalidData, text))
        })
    }
}

impl<H: Handle<Value: Read>> fmt::Debug for Lines<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines").field("reader", self.0.reader()).finish_non_exhaustive()
    }
}

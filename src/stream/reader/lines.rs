//! Lines of text.

use super::Reader;
use crate::error::Result;
use crate::stream::Handle;
use std::fmt;
use std::future::poll_fn;
use std::io::{Error, ErrorKind, Read};
use std::mem;
use std::task::{Context, Poll, ready};

/// The lines of a text, from [`Reader::lines`].
///
/// A line ends with `\n` or `\r\n`, which are not part of it; the last one may have no end. Text that is not UTF-8 is
/// an error that says where; the next line follows it.
pub struct Lines<H: Handle<Value: Read>> {
    reader: Reader<H>,
    /// The start of a line whose end has not come; here, so that an abandoned wait loses nothing.
    start: Vec<u8>,
    /// Bytes of the text before the line that is next.
    before: u64,
    most: usize,
    /// In the middle of a line that is too long.
    skipping: bool,
}

impl<H: Handle<Value: Read>> Lines<H> {
    pub(super) fn new(reader: Reader<H>) -> Self {
        Lines { reader, start: Vec::new(), before: 0, most: usize::MAX, skipping: false }
    }

    /// The most bytes that a line may have, its end aside: a longer one is an error, and the next line follows it. Any
    /// number, unless it is set.
    pub fn max_len(self, bytes: usize) -> Self {
        Lines { most: bytes, ..self }
    }

    /// The next line; `None` at the end.
    pub async fn next_line(&mut self) -> Result<Option<String>> {
        poll_fn(|cx| self.poll_next_line(cx)).await
    }

    /// `next_line`, to be polled.
    pub fn poll_next_line(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<String>>> {
        loop {
            ready!(self.reader.poll_fill(cx))?;
            let here = self.reader.buffer();
            if here.is_empty() {
                let line = mem::take(&mut self.start);
                let last = (!line.is_empty()).then(|| self.text(line, 0));
                return Poll::Ready(last.transpose());
            }
            let end = memchr::memchr(b'\n', here);
            let part = &here[..end.unwrap_or(here.len())];
            let consumed = part.len() + usize::from(end.is_some());
            if self.skipping {
                self.skipping = end.is_none();
                self.before += consumed as u64;
                self.reader.consume(consumed);
                continue;
            }
            self.start.extend_from_slice(part);
            self.reader.consume(consumed);
            let length = match end {
                Some(_) => self.start.strip_suffix(b"\r").unwrap_or(&self.start).len(),
                None => self.start.len().saturating_sub(1), // the last may be half of the end
            };
            if length > self.most {
                self.skipping = end.is_none();
                let line = self.before;
                self.before += self.start.len() as u64 + u64::from(end.is_some());
                self.start.clear();
                let text = format!("the line at byte {line} of the text is longer than {} bytes", self.most);
                return Poll::Ready(Err(self.reader.error(Error::new(ErrorKind::InvalidData, text))));
            }
            if end.is_some() {
                let line = mem::take(&mut self.start);
                return Poll::Ready(self.text(line, 1).map(Some));
            }
        }
    }

    /// The reader, behind the lines that were given. The start of a line whose end had not come is lost to it.
    pub fn get_mut(&mut self) -> &mut Reader<H> {
        &mut self.reader
    }

    fn text(&mut self, mut line: Vec<u8>, end: u64) -> Result<String> {
        let before = self.before;
        self.before += line.len() as u64 + end;
        if end > 0 && line.ends_with(b"\r") {
            line.pop();
        }
        String::from_utf8(line).map_err(|not_text| {
            let at = before + not_text.utf8_error().valid_up_to() as u64;
            let text = format!("not UTF-8 at byte {at} of the text");
            self.reader.error(Error::new(ErrorKind::InvalidData, text))
        })
    }
}

impl<H: Handle<Value: Read>> fmt::Debug for Lines<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines").field("reader", &self.reader).finish_non_exhaustive()
    }
}

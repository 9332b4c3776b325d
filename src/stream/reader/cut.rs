//! The parts of a stream of bytes, between delimiters.

use super::Reader;
use crate::error::Result;
use crate::stream::Handle;
use std::io::{Error, ErrorKind, Read};
use std::mem;
use std::task::{Context, Poll, ready};

/// A reader whose bytes come in parts.
///
/// The start of a part whose end has not come is kept in the reader: an abandoned wait loses nothing, and whoever takes
/// the reader out finds it at the start of that part.
pub(super) struct Cut<H: Handle<Value: Read>> {
    reader: Reader<H>,
    /// What a part is called in errors.
    what: &'static str,
    delimiter: u8,
    /// What may stand before a delimiter and is not part of the part: its length.
    end_of: fn(&[u8]) -> usize,
    /// Bytes of the stream before the part that is next.
    before: u64,
    most: usize,
    /// In the middle of a part that is too long.
    skipping: bool,
}

/// A part, with the number of bytes of the stream before it.
pub(super) struct Part {
    pub(super) bytes: Vec<u8>,
    pub(super) at: u64,
}

impl<H: Handle<Value: Read>> Cut<H> {
    pub(super) fn new(
        reader: Reader<H>,
        what: &'static str,
        delimiter: u8,
        end_of: fn(&[u8]) -> usize,
    ) -> Self {
        Cut { reader, what, delimiter, end_of, before: 0, most: usize::MAX, skipping: false }
    }

    pub(super) fn set_most(&mut self, bytes: usize) {
        self.most = bytes;
    }

    pub(super) fn reader(&self) -> &Reader<H> {
        &self.reader
    }

    /// The reader, behind the parts that were given.
    pub(super) fn reader_mut(&mut self) -> &mut Reader<H> {
        self.reader.put_start_back();
        &mut self.reader
    }

    pub(super) fn into_reader(mut self) -> Reader<H> {
        self.reader.put_start_back();
        self.reader
    }

    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Part>>> {
        loop {
            ready!(self.reader.poll_fill_again(cx))?;
            let here = self.reader.buffer();
            if here.is_empty() {
                let last = mem::take(&mut self.reader.start);
                if last.len() > self.most {
                    return Poll::Ready(Err(self.too_long(last, 0)));
                }
                let part = (!last.is_empty()).then(|| self.part(last, 0));
                return Poll::Ready(Ok(part));
            }
            let end = memchr::memchr(self.delimiter, here);
            let length = end.unwrap_or(here.len());
            let consumed = length + usize::from(end.is_some());
            if self.skipping {
                self.skipping = end.is_none();
                self.before += consumed as u64;
                self.reader.consume(consumed);
                continue;
            }
            if end.is_some() && self.reader.start.is_empty() && length <= self.most {
                let part = here[..length].to_vec();
                self.reader.consume(consumed);
                return Poll::Ready(Ok(Some(self.part(part, 1))));
            }
            self.reader.hold(length);
            self.reader.consume(consumed - length);
            let length = match end {
                Some(_) => self.reader.start.len() - (self.end_of)(&self.reader.start),
                None => self.reader.start.len().saturating_sub(1), // the last may be part of the end
            };
            if length > self.most {
                let part = mem::take(&mut self.reader.start);
                self.skipping = end.is_none();
                return Poll::Ready(Err(self.too_long(part, usize::from(end.is_some()))));
            }
            if end.is_some() {
                let part = mem::take(&mut self.reader.start);
                return Poll::Ready(Ok(Some(self.part(part, 1))));
            }
        }
    }

    fn too_long(&mut self, bytes: Vec<u8>, delimiters: usize) -> crate::error::Error {
        let at = self.part(bytes, delimiters).at;
        let text = format!("the {} at byte {at} is longer than {} bytes", self.what, self.most);
        self.reader.error(Error::new(ErrorKind::InvalidData, text))
    }

    /// `delimiters`: how many follow it.
    fn part(&mut self, mut bytes: Vec<u8>, delimiters: usize) -> Part {
        let at = self.before;
        self.before += (bytes.len() + delimiters) as u64;
        if delimiters > 0 {
            bytes.truncate(bytes.len() - (self.end_of)(&bytes));
        }
        Part { bytes, at }
    }
}

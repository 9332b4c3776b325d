//! `Reader`: reads ahead on the pool while the caller is at what was read before.

mod lines;

use super::Handle;
use crate::call::Call;
use crate::error::{Error, Operation, Result};
use crate::io::{self, Ahead};
pub use lines::Lines;
use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// How much one read asks for, in bytes.
const CHUNK: usize = 128 << 10;
/// How many reads may be on their way; new ones are made when half of them have come.
const DEPTH: usize = 8;

/// A buffer behind a handle, filled ahead of its reader: the pool reads while the caller is at what has come.
///
/// ```
/// # pollster::block_on(async {
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("log");
/// # std::fs::write(&path, "one\ntwo\r\nthree").unwrap();
/// let mut lines = aiofile::open(&path, "r").await?.reader().lines();
/// let mut all = Vec::new();
/// while let Some(line) = lines.next_line().await? {
///     all.push(line);
/// }
/// assert_eq!(all, ["one", "two", "three"]);
/// # aiofile::Result::Ok(()) }).unwrap()
/// ```
///
/// # Reading ahead
///
/// Up to 1 MiB, in pieces of 128 KiB: one at first, and twice as many each time that the caller comes back for
/// more. Nothing else reads ahead. What is read and not consumed goes back when the reader is dropped, taken apart by
/// [`into_inner`](Reader::into_inner) or told to [`seek`](Reader::seek): the next reader of the handle gets it, and a file's
/// position is put back. (Only if no other call has used the handle in the meantime.)
///
/// # Abandonment
///
/// Nothing is lost by dropping any of its futures: what has come stays in the reader.
///
/// # Errors
///
/// An error of the value comes in its place, behind the bytes that were read before it, and once; reading can go on.
///
/// # Cost
///
/// A copy out of the buffer, where one is made (`fill_buf` gives the buffer itself). Reads that wait share a hop.
pub struct Reader<H: Handle<Value: Read>> {
    handle: H,
    /// What has come, up to `at` consumed.
    here: Ahead,
    at: usize,
    /// The reads that are on their way, in their order.
    coming: VecDeque<Call<Ahead>>,
    /// How many of them to make next.
    depth: usize,
    /// The next reads were made for what the caller waits for now.
    asked: bool,
    ended: bool,
}

impl<H: Handle<Value: Read>> Reader<H> {
    /// A reader on this handle, from where it is.
    pub fn new(handle: H) -> Self {
        Reader {
            handle,
            here: Ahead::default(),
            at: 0,
            coming: VecDeque::new(),
            depth: 1,
            asked: false,
            ended: false,
        }
    }

    /// What has come and is not consumed; waits only if there is nothing. Empty at the end.
    pub async fn fill_buf(&mut self) -> Result<&[u8]> {
        poll_fn(|cx| self.poll_fill(cx)).await?;
        Ok(self.buffer())
    }

    /// Marks so many bytes of the buffer as read.
    ///
    /// # Panics
    ///
    /// If they are more than [`fill_buf`](Reader::fill_buf) gave.
    pub fn consume(&mut self, bytes: usize) {
        assert!(bytes <= self.buffer().len(), "aiofile: more is consumed than there is");
        self.at += bytes;
    }

    /// What has come and is not consumed, without waiting.
    pub fn buffer(&self) -> &[u8] {
        &self.here.bytes()[self.at..]
    }

    /// Reads some bytes; 0 is the end.
    pub async fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let here = self.fill_buf().await?;
        let count = here.len().min(buffer.len());
        buffer[..count].copy_from_slice(&here[..count]);
        self.consume(count);
        Ok(count)
    }

    /// Fills the buffer, or fails with [`UnexpectedEof`](ErrorKind::UnexpectedEof).
    ///
    /// *Abandonment:* the bytes that it had read are in the buffer, and nowhere else.
    pub async fn read_exact(&mut self, mut buffer: &mut [u8]) -> Result<()> {
        while !buffer.is_empty() {
            match self.read(buffer).await? {
                0 => return Err(self.error(ErrorKind::UnexpectedEof.into())),
                count => buffer = &mut buffer[count..],
            }
        }
        Ok(())
    }

    /// Appends everything up to the end, and gives the number of bytes.
    ///
    /// *Abandonment:* as [`read_exact`](Reader::read_exact).
    pub async fn read_to_end(&mut self, buffer: &mut Vec<u8>) -> Result<usize> {
        let start = buffer.len();
        loop {
            let here = self.fill_buf().await?;
            if here.is_empty() {
                return Ok(buffer.len() - start);
            }
            buffer.extend_from_slice(here);
            let count = here.len();
            self.consume(count);
        }
    }

    /// Appends everything up to the next `delimiter`, and with it, or up to the end; gives the number of bytes.
    ///
    /// *Abandonment:* as [`read_exact`](Reader::read_exact).
    pub async fn read_until(&mut self, delimiter: u8, buffer: &mut Vec<u8>) -> Result<usize> {
        let start = buffer.len();
        loop {
            let here = self.fill_buf().await?;
            let found = here.iter().position(|byte| *byte == delimiter);
            let count = found.map_or(here.len(), |at| at + 1);
            buffer.extend_from_slice(&here[..count]);
            self.consume(count);
            if found.is_some() || count == 0 {
                return Ok(buffer.len() - start);
            }
        }
    }

    /// The lines of the text, one after the other.
    pub fn lines(self) -> Lines<H> {
        Lines::new(self)
    }

    /// The handle, where the caller stopped reading.
    pub fn into_inner(mut self) -> H
    where
        H: Clone,
    {
        self.give_back();
        self.handle.clone()
    }

    /// Moves to an offset, as the caller sees it, and gives it as counted from the start. What was read ahead goes
    /// back first.
    pub async fn seek(&mut self, to: SeekFrom) -> Result<u64>
    where
        H::Value: Seek,
    {
        self.give_back();
        let context = self.handle.context(Operation::Seek);
        let sought = io::seek(self.handle.aio(), context, to);
        self.ended = false;
        sought.await
    }

    /// Ready when something is in the buffer, or the end has come.
    pub fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        while self.at == self.here.bytes().len() && !self.ended {
            if !self.asked {
                self.ask();
            }
            let next = self.coming.front_mut().expect("one was made above");
            let mut next = ready!(Pin::new(next).poll(cx));
            self.coming.pop_front();
            let result = next.take_result();
            (self.here, self.at, self.asked) = (next, 0, false);
            if result.is_err() || matches!(result, Ok(0)) {
                // What was made behind an error or the end is not what the caller will read next.
                self.give_back();
                self.ended = result.is_ok();
                return Poll::Ready(result.map(drop));
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Makes the next reads, when half of those made before have come.
    fn ask(&mut self) {
        self.asked = true;
        if self.coming.len() <= self.depth / 2 {
            while self.coming.len() < self.depth {
                let context = self.handle.context(Operation::Read);
                self.coming.push_back(io::read_ahead(self.handle.aio(), context, CHUNK, H::put_back));
            }
            self.depth = (self.depth * 2).min(DEPTH);
        }
    }

    /// Gives back what has come and what is coming.
    fn give_back(&mut self) {
        (self.depth, self.asked) = (1, false);
        // The last one first, so that none of them starts while others come back.
        self.coming.drain(..).rev().for_each(drop);
        let here = std::mem::take(&mut self.here);
        here.give_back(std::mem::take(&mut self.at), self.handle.aio(), H::put_back);
    }

    fn error(&self, source: std::io::Error) -> Error {
        self.handle.context(Operation::Read).error(source)
    }
}

impl<H: Handle<Value: Read>> Drop for Reader<H> {
    fn drop(&mut self) {
        self.give_back();
    }
}

impl<H: Handle<Value: Read>> fmt::Debug for Reader<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("here", &self.buffer().len()).finish_non_exhaustive()
    }
}

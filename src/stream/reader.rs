//! `Reader`: reads ahead on the pool while the caller is at what was read before.

mod chunks;
mod cut;
mod lines;
mod split;
mod taking;

use super::{Handle, polled};
use crate::call::Call;
use crate::coop;
use crate::error::{Error, Operation, Result, is_interrupted};
use crate::io::{self, Ahead};
pub use chunks::Chunks;
pub use lines::Lines;
pub use split::Split;
use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::io::{IoSliceMut, Read, Seek, SeekFrom};
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use taking::Taking;

/// How much one read asks for, in bytes.
const CHUNK: usize = 128 << 10;
/// From this size on a caller's buffer is filled itself, without a copy, where that needs no thread.
const LARGE: usize = 64 << 10;
/// How many reads may be on their way, unless it is set; new ones are made when half of them have come.
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
/// On Linux, what is in the system's cache is read as it is wanted, 64 KiB at a time and without a thread. Else it reads ahead:
/// up to 1 MiB, or what [`read_ahead`](Reader::read_ahead) says, in pieces of 128 KiB: one at first, and twice as many
/// each time that the caller comes back for more. Nothing else reads ahead. What is read and not consumed goes back when the reader is dropped, taken apart by
/// [`into_inner`](Reader::into_inner) or told to [`seek`](Reader::seek): the next reader of the handle gets it, and a file's
/// position is put back. (Only if no other call has used the handle in the meantime.)
///
/// It is an `AsyncRead`, an `AsyncBufRead` and an `AsyncSeek`, of futures-io and (feature `tokio`) of tokio.
///
/// # Abandonment
///
/// Nothing is lost by dropping any of its futures: what has come stays in the reader, and what was already in the
/// caller's buffer goes back.
///
/// # The end
///
/// Is where the value has no more bytes, for now: a file that grows is read on by the next call.
///
/// # Errors
///
/// An error of the value comes in its place, behind the bytes that were read before it, and once; reading can go on. (That of
/// a read ahead which nobody comes to, behind the end say, goes with it.)
/// [`Interrupted`](std::io::ErrorKind::Interrupted) is one of `read` and `fill_buf` alone, as with std.
///
/// # Cost
///
/// A copy out of the buffer, where one is made: `fill_buf` gives the buffer itself, and a buffer of 64 KiB or more is filled
/// itself with what needs no thread. Reads that wait share a hop.
pub struct Reader<H: Handle<Value: Read>> {
    handle: H,
    /// What comes before `here`: the start of a part that is not complete.
    start: Vec<u8>,
    /// What has come, up to `at` consumed.
    here: Ahead,
    at: usize,
    /// The reads that are on their way, in their order.
    coming: VecDeque<Call<Ahead>>,
    /// Buffers of those that have come, for those that are made next.
    spare: Vec<Vec<u8>>,
    /// How many of them to make next.
    depth: usize,
    most: usize,
    /// The next reads were made for what the caller waits for now.
    asked: bool,
    /// Others are to have their turn before the next read.
    gives_way: bool,
}

impl<H: Handle<Value: Read>> Reader<H> {
    /// A reader on this handle, from where it is.
    pub fn new(handle: H) -> Self {
        Reader {
            handle,
            start: Vec::new(),
            here: Ahead::default(),
            at: 0,
            coming: VecDeque::new(),
            spare: Vec::new(),
            depth: 1,
            most: DEPTH,
            asked: false,
            gives_way: false,
        }
    }

    /// Sets how much it reads ahead, at most: so many bytes, rounded up to pieces of 128 KiB, and one piece at least.
    /// Less for readers by the hundred; more for a disk that is far away.
    pub fn read_ahead(mut self, bytes: usize) -> Self {
        self.most = bytes.div_ceil(CHUNK).max(1);
        self
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
        poll_fn(|cx| self.poll_read(cx, &mut [IoSliceMut::new(buffer)])).await
    }

    /// `read`, to be polled, into many buffers.
    pub fn poll_read(&mut self, cx: &mut Context<'_>, buffers: &mut [IoSliceMut<'_>]) -> Poll<Result<usize>> {
        let Some(first) = buffers.iter_mut().find(|buffer| !buffer.is_empty()) else {
            return Poll::Ready(Ok(0));
        };
        if mem::take(&mut self.gives_way) {
            coop::give_way(cx);
            return Poll::Pending;
        }
        if let Some(count) = self.read_past(cx, first) {
            return Poll::Ready(Ok(count));
        }
        ready!(self.poll_fill(cx))?;
        let read = Read::read_vectored(&mut self.buffer(), buffers);
        let count = read.expect("a slice can be read");
        self.consume(count);
        Poll::Ready(Ok(count))
    }

    /// Fills the buffer, or fails with [`UnexpectedEof`](std::io::ErrorKind::UnexpectedEof), the bytes in the buffer.
    pub async fn read_exact(&mut self, buffer: &mut [u8]) -> Result<()> {
        Taking::fill(self, buffer).await
    }

    /// Appends everything up to the end, and gives the number of bytes.
    pub async fn read_to_end(&mut self, buffer: &mut Vec<u8>) -> Result<usize> {
        Taking::append(self, buffer, |here| (here.len(), false)).await
    }

    /// Appends everything up to the next `delimiter`, and with it, or up to the end; gives the number of bytes.
    pub async fn read_until(&mut self, delimiter: u8, buffer: &mut Vec<u8>) -> Result<usize> {
        let until = |here: &[u8]| match memchr::memchr(delimiter, here) {
            Some(at) => (at + 1, true),
            None => (here.len(), false),
        };
        Taking::append(self, buffer, until).await
    }

    /// The lines of the text, one after the other.
    pub fn lines(self) -> Lines<H> {
        Lines::new(self)
    }

    /// The parts between the delimiters, one after the other.
    ///
    /// ```
    /// # use aiofile::Aio;
    /// # pollster::block_on(async {
    /// let mut parts = Aio::new(&b"a,b,,c"[..]).reader().split(b',').max_len(1024);
    /// let mut all = Vec::new();
    /// while let Some(part) = parts.next_part().await? {
    ///     all.push(part);
    /// }
    /// assert_eq!(all, [&b"a"[..], b"b", b"", b"c"]);
    /// # aiofile::Result::Ok(()) }).unwrap()
    /// ```
    pub fn split(self, delimiter: u8) -> Split<H> {
        Split::new(self, delimiter)
    }

    /// Pieces of so many bytes, one after the other; the last may be shorter.
    ///
    /// ```
    /// # use aiofile::Aio;
    /// # pollster::block_on(async {
    /// let mut chunks = Aio::new(&b"12345"[..]).reader().chunks(2);
    /// assert_eq!(chunks.next_chunk().await?.as_deref(), Some(&b"12"[..]));
    /// assert_eq!(chunks.next_chunk().await?.as_deref(), Some(&b"34"[..]));
    /// assert_eq!(chunks.next_chunk().await?.as_deref(), Some(&b"5"[..]));
    /// assert_eq!(chunks.next_chunk().await?, None);
    /// # aiofile::Result::Ok(()) }).unwrap()
    /// ```
    ///
    /// # Panics
    ///
    /// If `bytes` is 0.
    pub fn chunks(self, bytes: usize) -> Chunks<H> {
        Chunks::new(self, bytes)
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
        io::seek(self.handle.aio(), self.handle.context(Operation::Seek), to).await
    }

    /// `seek`, to be polled.
    pub fn poll_seek(&mut self, cx: &mut Context<'_>, to: SeekFrom) -> Poll<Result<u64>>
    where
        H::Value: Seek,
    {
        if !polled::seeks(&mut self.handle, to) {
            self.start_seek(to);
        }
        self.poll_sought(cx)
    }

    pub(super) fn start_seek(&mut self, to: SeekFrom)
    where
        H::Value: Seek,
    {
        self.give_back();
        polled::start_seek(&mut self.handle, to);
    }

    pub(super) fn poll_sought(&mut self, cx: &mut Context<'_>) -> Poll<Result<u64>> {
        polled::poll_sought(&mut self.handle, cx)
    }

    /// Ready when something is in the buffer, or the end has come.
    pub fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        while self.at == self.here.bytes().len() {
            if self.coming.is_empty()
                && let Some(count) = self.fill_at_once()
            {
                return coop::poll_spend(cx, count).map(Ok);
            }
            if !self.asked || self.coming.is_empty() {
                self.ask();
            }
            let mut next = self.coming.pop_front().expect("one was made above");
            let Poll::Ready(mut next) = Pin::new(&mut next).poll(cx) else {
                self.coming.push_front(next);
                return Poll::Pending;
            };
            let result = next.take_result();
            let consumed = self.here.take_buffer();
            self.keep(consumed);
            (self.here, self.at, self.asked) = (next, 0, false);
            if result.is_err() || matches!(result, Ok(0)) {
                // What was made behind an error or the end is not what the caller will read next.
                self.give_back_coming();
                return Poll::Ready(result.map(drop));
            }
        }
        Poll::Ready(Ok(()))
    }

    /// The same, past reads that a signal interrupted: they are made again, as std's loops do it.
    pub(super) fn poll_fill_again(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        loop {
            match ready!(self.poll_fill(cx)) {
                Err(error) if is_interrupted(error.io_error()) => {}
                filled => return Poll::Ready(filled),
            }
        }
    }

    /// Reads what needs no thread, and says how much that was.
    fn fill_at_once(&mut self) -> Option<usize> {
        let mut buffer = self.here.take_buffer();
        self.at = 0;
        let Some((count, turn)) = self.handle.fill_at_once(&mut buffer) else {
            self.keep(buffer);
            return None;
        };
        buffer.truncate(count);
        self.here = Ahead::of(buffer, turn);
        Some(count)
    }

    /// Reads into a large buffer of the caller's, past our own, if that has nothing that comes before.
    fn read_past(&mut self, cx: &Context<'_>, buffer: &mut [u8]) -> Option<usize> {
        if buffer.len() < LARGE || self.at < self.here.bytes().len() || !self.coming.is_empty() {
            return None;
        }
        let (count, turn) = self.handle.read_at_once(buffer)?;
        self.here.pass(turn);
        self.at = 0;
        coop::enter(cx);
        self.gives_way = coop::spend(count);
        Some(count)
    }

    /// Keeps a buffer for a read that is made later.
    fn keep(&mut self, buffer: Vec<u8>) {
        if buffer.capacity() > 0 {
            self.spare.push(buffer);
        }
    }

    /// Makes the next reads, when half of those made before have come.
    fn ask(&mut self) {
        self.asked = true;
        if self.coming.len() <= self.depth / 2 {
            while self.coming.len() < self.depth {
                let (context, room) =
                    (self.handle.context(Operation::Read), self.spare.pop().unwrap_or_default());
                self.coming.push_back(io::read_ahead(self.handle.aio(), context, room, CHUNK, H::put_back));
            }
            self.depth = (self.depth * 2).min(self.most);
        }
    }

    /// Keeps the next so many bytes apart, as the start of a part.
    fn hold(&mut self, bytes: usize) {
        self.start.extend_from_slice(&self.here.bytes()[self.at..][..bytes]);
        self.at += bytes;
    }

    /// What was kept apart is what comes next.
    fn put_start_back(&mut self) {
        let start = mem::take(&mut self.start);
        self.put_back(start);
    }

    /// Takes back bytes that were consumed.
    fn put_back(&mut self, bytes: Vec<u8>) {
        if !bytes.is_empty() {
            self.here.put_back(mem::take(&mut self.at), bytes);
        }
    }

    /// Gives back what has come and what is coming.
    fn give_back(&mut self) {
        self.put_start_back();
        self.give_back_coming();
        let here = mem::take(&mut self.here);
        here.give_back(mem::take(&mut self.at), self.handle.aio(), H::put_back);
    }

    fn give_back_coming(&mut self) {
        (self.depth, self.asked, self.spare) = (1, false, Vec::new());
        // The last one first, so that none of them starts while others come back.
        self.coming.drain(..).rev().for_each(drop);
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

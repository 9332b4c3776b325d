//! The one state machine behind the traits of tokio and of futures, for handles that buffer nothing: each poll
//! stands on the handle's own calls, of which one reads, one writes and one seeks at a time.

use super::Handle;
use crate::aio::Kept;
use crate::call::{Call, poll_kept};
use crate::error::{Operation, Result};
use crate::io::{self, Ahead, Typed, read_ahead, typed};
use std::io::{IoSlice, Read, Seek, SeekFrom, Write};
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

/// The most bytes that one poll reads or writes.
const MOST: usize = 2 << 20;
/// The largest buffer that is kept for the next write.
const KEPT: usize = 64 << 10;

/// What one handle is in the middle of.
#[derive(Default)]
pub(crate) struct Polled {
    reading: Option<Call<Ahead>>,
    /// Of whoever waits for the read.
    reader: Option<Waker>,
    writing: Option<Call<Result<usize>>>,
    /// What is being written, and afterwards room for what is next.
    data: Arc<Vec<u8>>,
    flushing: Option<Call<Result<()>>>,
    /// The handle has made another call since.
    flush_is_old: bool,
    closing: Option<Call<Result<()>>>,
    seeking: Option<Call<Result<u64>>>,
    /// Where to, unless the handle has made another call since.
    sought: Option<SeekFrom>,
}

impl Kept for Polled {
    /// A read that was not waited for to its end is abandoned, so that the call finds the value where its caller is.
    fn before_call(&mut self, uses: bool) -> Option<Waker> {
        self.flush_is_old |= uses;
        self.sought = None;
        self.reading = None;
        self.reader.take()
    }
}

/// Reads some bytes, `wanted` at most, and puts them where they belong; none of them is the end.
pub(crate) fn poll_read<H: Handle<Value: Read>>(
    handle: &mut H,
    cx: &mut Context<'_>,
    wanted: usize,
    put: impl FnOnce(&[u8]),
) -> Poll<Result<usize>> {
    if wanted == 0 {
        return Poll::Ready(Ok(0));
    }
    if polled(handle).reading.is_none() {
        let context = handle.context(Operation::Read);
        let read = read_ahead(handle.aio(), context, Vec::new(), wanted.min(MOST), H::put_back);
        polled(handle).reading = Some(read);
    }
    let polled = polled(handle);
    let Poll::Ready(mut read) = poll_kept(&mut polled.reading, cx) else {
        polled.reader = Some(cx.waker().clone());
        return Poll::Pending;
    };
    polled.reader = None;
    if let Err(error) = read.take_result() {
        return Poll::Ready(Err(error));
    }
    // This may be another caller than the one for whom the read was made, with less room.
    let count = read.bytes().len().min(wanted);
    put(&read.bytes()[..count]);
    read.give_back(count, handle.aio(), H::put_back);
    Poll::Ready(Ok(count))
}

/// Writes some of the data, in one write of the value, and gives the number of bytes.
pub(crate) fn poll_write<H: Handle<Value: Write>>(
    handle: &mut H,
    cx: &mut Context<'_>,
    data: &[IoSlice<'_>],
) -> Poll<Result<usize>> {
    if data.iter().all(|slice| slice.is_empty()) {
        return Poll::Ready(Ok(0));
    }
    loop {
        let polled = polled(handle);
        if polled.writing.is_some() {
            let written = ready!(poll_kept(&mut polled.writing, cx));
            // Of data that its caller has given up in the meantime, only an error is of interest.
            let is_this = starts_with(data, &polled.data);
            if polled.data.capacity() > KEPT {
                polled.data = Arc::default();
            }
            if written.is_err() || is_this {
                return Poll::Ready(written);
            }
        }
        gather(data, Arc::make_mut(&mut polled.data));
        let taken = Arc::clone(&polled.data);
        let policy = Typed::new(handle.context(Operation::Write));
        let write = typed(handle.aio(), policy, move |to| to.write(&taken));
        self::polled(handle).writing = Some(write);
    }
}

/// Has what was written passed on by the value.
pub(crate) fn poll_flush<H: Handle<Value: Write>>(handle: &mut H, cx: &mut Context<'_>) -> Poll<Result<()>> {
    ready!(poll_written(handle, cx))?;
    let polled = polled(handle);
    if polled.flushing.is_some() {
        let flushed = ready!(poll_kept(&mut polled.flushing, cx));
        if flushed.is_err() || !polled.flush_is_old {
            return Poll::Ready(flushed);
        }
    }
    let policy = Typed::new(handle.context(Operation::Flush));
    let flush = typed(handle.aio(), policy, Write::flush);
    let polled = self::polled(handle);
    polled.flush_is_old = false;
    polled.flushing = Some(flush);
    poll_kept(&mut polled.flushing, cx)
}

/// Flushes, and closes the value. To close it twice is no error.
pub(crate) fn poll_close<H: Handle<Value: Write>>(handle: &mut H, cx: &mut Context<'_>) -> Poll<Result<()>> {
    if polled(handle).closing.is_none() {
        ready!(poll_written(handle, cx))?;
        // By a clone, it may be; but an error of our own flush is ours.
        if polled(handle).flushing.is_none() && handle.aio().is_closed() {
            return Poll::Ready(Ok(()));
        }
        ready!(poll_flush(handle, cx))?;
        let close = handle.close();
        polled(handle).closing = Some(close);
    }
    poll_kept(&mut polled(handle).closing, cx)
}

/// Begins to move to an offset.
pub(crate) fn start_seek<H: Handle<Value: Seek>>(handle: &mut H, to: SeekFrom) {
    let seek = io::seek(handle.aio(), handle.context(Operation::Seek), to);
    let polled = polled(handle);
    (polled.seeking, polled.sought) = (Some(seek), Some(to));
}

/// Moves to an offset, and gives it as counted from the start.
pub(crate) fn poll_seek<H: Handle<Value: Seek>>(
    handle: &mut H,
    cx: &mut Context<'_>,
    to: SeekFrom,
) -> Poll<Result<u64>> {
    if !seeks(handle, to) {
        start_seek(handle, to);
    }
    poll_sought(handle, cx)
}

/// Ready when no seek is on its way: with the offset that it came to, or 0 if there was none.
pub(crate) fn poll_sought<H: Handle>(handle: &mut H, cx: &mut Context<'_>) -> Poll<Result<u64>> {
    let polled = polled(handle);
    if polled.seeking.is_none() {
        return Poll::Ready(Ok(0));
    }
    poll_kept(&mut polled.seeking, cx)
}

/// Whether the handle is on its way to this offset, and has made no other call since.
pub(crate) fn seeks<H: Handle>(handle: &mut H, to: SeekFrom) -> bool {
    let polled = polled(handle);
    polled.seeking.is_some() && polled.sought == Some(to)
}

/// Ready when nothing is being written; with the error of a write that was given up.
fn poll_written<H: Handle>(handle: &mut H, cx: &mut Context<'_>) -> Poll<Result<()>> {
    let polled = polled(handle);
    if polled.writing.is_none() {
        return Poll::Ready(Ok(()));
    }
    poll_kept(&mut polled.writing, cx).map(|written| written.map(drop))
}

fn polled<H: Handle>(handle: &mut H) -> &mut Polled {
    handle.aio_mut().kept()
}

/// One buffer of many, so that they are one write.
fn gather(data: &[IoSlice<'_>], into: &mut Vec<u8>) {
    into.clear();
    for slice in data {
        let room = MOST - into.len();
        into.extend_from_slice(&slice[..slice.len().min(room)]);
    }
}

/// Whether these slices begin with all of these bytes.
fn starts_with(data: &[IoSlice<'_>], mut bytes: &[u8]) -> bool {
    for slice in data {
        let (here, rest) = bytes.split_at(bytes.len().min(slice.len()));
        if here != &slice[..here.len()] {
            return false;
        }
        bytes = rest;
    }
    bytes.is_empty()
}

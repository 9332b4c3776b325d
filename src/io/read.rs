//! Reads that lose nothing: the bytes of an abandoned one go back to where they came from.

use super::fill::{Buffer, Fill, FillSlices};
use crate::aio::Aio;
use crate::call::{Call, CallError, Policy};
use crate::error::{Context, Error};
use crate::mailbox::Mailbox;
use crate::seat::{Returned, Seat, Unread};
use std::io::{self, IoSliceMut, Read, Seek, SeekFrom};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

/// Puts a value back by so many bytes, and says whether it could.
pub(crate) type PutBack<T> = fn(&mut T, usize) -> bool;

/// For a value of which it is not known that it can seek: its bytes wait for the next typed read.
pub(crate) fn keep<T>(_: &mut T, _: usize) -> bool {
    false
}

/// What a read took out of a value, and what it says to its caller.
pub(crate) struct Chunk<B, E = Error> {
    pub(super) taken: B,
    pub(super) result: std::result::Result<usize, E>,
    turn: u64,
    /// Some of its bytes are with their caller.
    begun: bool,
}

/// The turn of what has used no value: a first use has turn 1.
const NOT_RUN: u64 = 0;

impl<B: Taken> Chunk<B> {
    fn failed(error: Error) -> Self {
        Chunk { taken: B::default(), result: Err(error), turn: NOT_RUN, begun: false }
    }
}

impl<B> Chunk<B, io::Error> {
    fn seal(self, context: &Context) -> Chunk<B> {
        let result = self.result.map_err(|error| context.error(error));
        Chunk { taken: self.taken, result, turn: self.turn, begun: false }
    }
}

/// Bytes on their way from a value to its reader, who may be gone.
#[doc(hidden)]
pub trait Taken: Default + Send + 'static {
    fn into_bytes(self) -> Vec<u8>;
}

impl Taken for Vec<u8> {
    fn into_bytes(self) -> Vec<u8> {
        self
    }
}

/// Text, or bytes that are none.
#[doc(hidden)]
#[derive(Debug)]
pub struct Text(pub(super) std::result::Result<String, Vec<u8>>);

impl Default for Text {
    fn default() -> Self {
        Text(Ok(String::new()))
    }
}

impl Taken for Text {
    fn into_bytes(self) -> Vec<u8> {
        self.0.map_or_else(|bytes| bytes, String::into_bytes)
    }
}

/// The policy of a typed read.
struct Reading<T, B> {
    context: Context,
    mailbox: Arc<Mailbox<T>>,
    put_back: PutBack<T>,
    taken: PhantomData<fn() -> B>,
}

impl<T: Send + 'static, B: Taken> Policy for Reading<T, B> {
    type Raw = Chunk<B, io::Error>;
    type Out = Chunk<B>;

    fn seal(&self, raw: Self::Raw) -> Chunk<B> {
        raw.seal(&self.context)
    }

    fn refuse(&self, why: CallError) -> std::result::Result<Chunk<B>, CallError> {
        self.context.refused(why).map(Chunk::failed)
    }

    fn take_back(&self, chunk: Chunk<B>) -> Option<Chunk<B>> {
        let unread = Unread { bytes: chunk.taken.into_bytes(), put_back: self.put_back };
        if chunk.turn != NOT_RUN {
            self.mailbox.take_back(Returned { turn: chunk.turn, unread, whole: true });
        }
        None
    }

    fn only_reads(&self) -> bool {
        true
    }

    fn holds_exit(&self) -> bool {
        false
    }

    fn name(&self) -> String {
        self.context.to_string()
    }
}

/// Queues a read. `take` gets the bytes that an abandoned read has left, and gives what it takes in all.
fn queue<'b, T, B, N, F>(
    aio: &Aio<T>,
    context: Context,
    buffer: &'b mut B,
    put_back: PutBack<T>,
    take: F,
) -> Fill<'b, B, N>
where
    T: Send + 'static,
    B: Buffer + ?Sized,
    F: FnOnce(&mut Seat<T>) -> (B::Taken, io::Result<usize>) + Send + 'static,
{
    Fill::new(queue_call(aio, context, put_back, take), buffer)
}

fn queue_call<T, B, F>(aio: &Aio<T>, context: Context, put_back: PutBack<T>, take: F) -> Call<Chunk<B>>
where
    T: Send + 'static,
    B: Taken,
    F: FnOnce(&mut Seat<T>) -> (B, io::Result<usize>) + Send + 'static,
{
    let mailbox = Arc::clone(aio.mailbox());
    let policy = Reading { context, mailbox, put_back, taken: PhantomData };
    aio.queue(policy, move |seat| {
        seat.as_mut().map(|seat| {
            let (taken, result) = take(seat);
            Chunk { taken, result, turn: seat.turn(), begun: false }
        })
    })
}

pub(crate) fn read<'b, T: Read + Send + 'static>(
    aio: &Aio<T>,
    context: Context,
    buffer: &'b mut [u8],
    put_back: PutBack<T>,
) -> Fill<'b, [u8], usize> {
    let wanted = buffer.len();
    queue(aio, context, buffer, put_back, move |seat| take_some(seat, Vec::new(), wanted, T::read))
}

/// A read whose buffer comes with its result: for a reader that reads ahead. `room`: a buffer of an earlier one.
pub(crate) fn read_ahead<T: Read + Send + 'static>(
    aio: &Aio<T>,
    context: Context,
    room: Vec<u8>,
    bytes: usize,
    put_back: PutBack<T>,
) -> Call<Ahead> {
    queue_call(aio, context, put_back, move |seat| take_some(seat, room, bytes, T::read))
}

/// What such a read gives.
pub(crate) type Ahead = Chunk<Vec<u8>>;

impl Default for Ahead {
    fn default() -> Self {
        Chunk { taken: Vec::new(), result: Ok(0), turn: NOT_RUN, begun: false }
    }
}

impl Ahead {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.taken
    }

    pub(crate) fn take_result(&mut self) -> Result<usize, Error> {
        std::mem::replace(&mut self.result, Ok(0))
    }

    /// The buffer, all of whose bytes are consumed.
    pub(crate) fn take_buffer(&mut self) -> Vec<u8> {
        self.begun |= !self.taken.is_empty();
        std::mem::take(&mut self.taken)
    }

    /// What was read, in this turn.
    pub(crate) fn of(taken: Vec<u8>, turn: u64) -> Self {
        Chunk { taken, result: Ok(0), turn, begun: false }
    }

    /// A read in this turn went past the buffer, to the caller.
    pub(crate) fn pass(&mut self, turn: u64) {
        self.taken.clear();
        (self.turn, self.begun) = (turn, true);
    }

    /// Puts other bytes in the place of the first `consumed`: those that came before what is left.
    pub(crate) fn put_back(&mut self, consumed: usize, mut bytes: Vec<u8>) {
        self.begun |= consumed > 0;
        bytes.extend_from_slice(&self.taken[consumed..]);
        self.taken = bytes;
    }

    /// Gives what follows the first `consumed` bytes back to where it came from.
    pub(crate) fn give_back<T: Send + 'static>(self, consumed: usize, aio: &Aio<T>, put_back: PutBack<T>) {
        let mut bytes = self.taken;
        bytes.drain(..consumed);
        if !bytes.is_empty() {
            let unread = Unread { bytes, put_back };
            let whole = consumed == 0 && !self.begun;
            aio.mailbox().take_back(Returned { turn: self.turn, unread, whole });
        }
    }
}

pub(crate) fn read_vectored<'b, 's, T: Read + Send + 'static>(
    aio: &Aio<T>,
    context: Context,
    buffers: &'b mut [IoSliceMut<'s>],
    put_back: PutBack<T>,
) -> FillSlices<'b, 's> {
    let sizes: Vec<usize> = buffers.iter().map(|buffer| buffer.len()).collect();
    let call = queue_call(aio, context, put_back, move |seat| {
        take_some(seat, Vec::new(), sizes.iter().sum(), |value, mut rest| {
            let mut slices = Vec::with_capacity(sizes.len());
            for size in sizes {
                let (slice, later) = rest.split_at_mut(size);
                slices.push(IoSliceMut::new(slice));
                rest = later;
            }
            value.read_vectored(&mut slices)
        })
    });
    FillSlices::new(call, buffers)
}

/// Takes some bytes: those that an abandoned read has left, or else what one read of the value gives.
fn take_some<T>(
    seat: &mut Seat<T>,
    room: Vec<u8>,
    wanted: usize,
    read: impl FnOnce(&mut T, &mut [u8]) -> io::Result<usize>,
) -> (Vec<u8>, io::Result<usize>) {
    let (value, unread) = seat.value_and_unread_to_read();
    if let Some(mut unread) = unread {
        let later = unread.bytes.split_off(wanted.min(unread.bytes.len()));
        let taken = std::mem::replace(&mut unread.bytes, later);
        let count = taken.len();
        seat.keep(unread);
        return (taken, Ok(count));
    }
    fill_some(room, wanted, |buffer| read(value, buffer))
}

/// A buffer of what one read gives.
fn fill_some(
    room: Vec<u8>,
    wanted: usize,
    read: impl FnOnce(&mut [u8]) -> io::Result<usize>,
) -> (Vec<u8>, io::Result<usize>) {
    let mut taken = room;
    if taken.capacity() >= wanted {
        taken.resize(wanted, 0);
    } else {
        taken = match zeroed(wanted) {
            Ok(zeroes) => zeroes,
            Err(error) => return (Vec::new(), Err(error)),
        };
    }
    let result = read(&mut taken);
    taken.truncate(*result.as_ref().unwrap_or(&0));
    (taken, result)
}

/// The policy of a read that takes nothing from anybody: it names its own offset.
pub(crate) struct ReadingBeside(Context);

impl Policy for ReadingBeside {
    type Raw = Chunk<Vec<u8>, io::Error>;
    type Out = Chunk<Vec<u8>>;

    fn seal(&self, raw: Self::Raw) -> Chunk<Vec<u8>> {
        raw.seal(&self.0)
    }

    fn refuse(&self, why: CallError) -> std::result::Result<Chunk<Vec<u8>>, CallError> {
        self.0.refused(why).map(Chunk::failed)
    }

    fn only_reads(&self) -> bool {
        true
    }

    fn holds_exit(&self) -> bool {
        false
    }

    fn name(&self) -> String {
        self.0.to_string()
    }
}

/// A read beside the queue. `make` makes the call, or gives the policy back if the handle is closed.
#[cfg(unix)]
pub(crate) fn read_beside<'b, N>(
    context: Context,
    buffer: &'b mut [u8],
    make: impl FnOnce(ReadingBeside, usize) -> std::result::Result<Call<Chunk<Vec<u8>>>, ReadingBeside>,
) -> Fill<'b, [u8], N> {
    let call = make(ReadingBeside(context), buffer.len());
    Fill::new(call.unwrap_or_else(|policy| Call::ready(Chunk::failed(policy.0.closed()))), buffer)
}

/// What a read beside the queue gives.
pub(crate) fn chunk(
    wanted: usize,
    read: impl FnOnce(&mut [u8]) -> io::Result<usize>,
) -> Chunk<Vec<u8>, io::Error> {
    let (taken, result) = fill_some(Vec::new(), wanted, read);
    Chunk { taken, result, turn: NOT_RUN, begun: false }
}

/// A read in the queue by another method than `Read`'s, which starts at an offset of its own.
#[cfg(windows)]
pub(crate) fn read_by<'b, T: Send + 'static>(
    aio: &Aio<T>,
    context: Context,
    buffer: &'b mut [u8],
    read: impl FnOnce(&mut T, &mut [u8]) -> io::Result<usize> + Send + 'static,
) -> Fill<'b, [u8], usize> {
    let wanted = buffer.len();
    let call = aio.queue(ReadingBeside(context), move |seat| {
        let value = seat.as_mut()?.value();
        Some(chunk(wanted, |buffer| read(value, buffer)))
    });
    Fill::new(call, buffer)
}

pub(crate) fn read_exact<'b, T: Read + Send + 'static>(
    aio: &Aio<T>,
    context: Context,
    buffer: &'b mut [u8],
    put_back: PutBack<T>,
) -> Fill<'b, [u8], ()> {
    let wanted = buffer.len();
    queue(aio, context, buffer, put_back, move |seat| {
        let mut taken = Vec::new();
        if let Some(mut unread) = seat.value_and_unread_to_read().1 {
            let later = unread.bytes.split_off(wanted.min(unread.bytes.len()));
            taken = std::mem::replace(&mut unread.bytes, later);
            if !unread.bytes.is_empty() {
                seat.keep(unread);
                return (taken, Ok(wanted));
            }
        }
        let rest = wanted - taken.len();
        let result = or_keep(seat, put_back, &mut taken, |value, taken| {
            reserve(taken, rest)?;
            match value.take(rest as u64).read_to_end(taken)? {
                read if read < rest => Err(io::ErrorKind::UnexpectedEof.into()),
                read => Ok(read),
            }
        });
        (taken, result)
    })
}

/// Reads behind what an abandoned read has left, which stays there if the value panics.
fn or_keep<T, R>(
    seat: &mut Seat<T>,
    put_back: PutBack<T>,
    taken: &mut Vec<u8>,
    read: impl FnOnce(&mut T, &mut Vec<u8>) -> R,
) -> R {
    let value = seat.value_alone();
    let result = catch_unwind(AssertUnwindSafe(|| read(value, taken)));
    result.unwrap_or_else(|payload| {
        seat.keep(Unread { bytes: std::mem::take(taken), put_back });
        resume_unwind(payload)
    })
}

pub(crate) fn read_to_end<'b, T: Read + Send + 'static>(
    aio: &Aio<T>,
    context: Context,
    buffer: &'b mut Vec<u8>,
    put_back: PutBack<T>,
) -> Fill<'b, Vec<u8>, usize> {
    queue(aio, context, buffer, put_back, move |seat| take_all(seat, put_back))
}

pub(crate) fn read_to_string<'b, T: Read + Send + 'static>(
    aio: &Aio<T>,
    context: Context,
    buffer: &'b mut String,
    put_back: PutBack<T>,
) -> Fill<'b, String, usize> {
    queue(aio, context, buffer, put_back, move |seat| {
        let (bytes, result) = take_all(seat, put_back);
        match String::from_utf8(bytes) {
            Ok(text) => (Text(Ok(text)), result),
            Err(not_text) => {
                let invalid = || io::Error::new(io::ErrorKind::InvalidData, not_text.utf8_error());
                let result = result.and_then(|_| Err(invalid()));
                (Text(Err(not_text.into_bytes())), result)
            }
        }
    })
}

fn take_all<T: Read>(seat: &mut Seat<T>, put_back: PutBack<T>) -> (Vec<u8>, io::Result<usize>) {
    let unread = seat.value_and_unread_to_read().1;
    let mut taken = unread.map(|unread| unread.bytes).unwrap_or_default();
    let result = or_keep(seat, put_back, &mut taken, T::read_to_end);
    let count = taken.len();
    (taken, result.map(|_| count))
}

/// So much memory there is, or the process is at its end anyway.
const CERTAIN: usize = 1 << 20;

/// A buffer as the system gives it: to fill one with zeros takes an unoptimised build ten times as long.
fn zeroed(len: usize) -> io::Result<Vec<u8>> {
    if len > CERTAIN {
        reserve(&mut Vec::new(), len)?;
    }
    Ok(vec![0; len])
}

/// Room for a length that came from outside: an error where there is none, never an abort.
fn reserve(bytes: &mut Vec<u8>, more: usize) -> io::Result<()> {
    bytes.try_reserve_exact(more).map_err(|error| io::Error::new(io::ErrorKind::OutOfMemory, error))
}

/// Seeks from where the caller is, which is before what an abandoned read has left.
pub(crate) fn seek<T: Seek>(seat: &mut Seat<T>, to: SeekFrom) -> io::Result<u64> {
    let (value, unread) = seat.value_and_unread();
    let Some(unread) = unread else { return value.seek(to) };
    let result = value.seek(match to {
        // What cannot be subtracted would lead to before the start, which is for the system to say.
        SeekFrom::Current(by) => SeekFrom::Current(by.saturating_sub_unsigned(unread.bytes.len() as u64)),
        to => to,
    });
    if result.is_err() {
        seat.keep(unread);
    }
    result
}

/// The position of the next byte that a caller gets.
pub(crate) fn stream_position<T: Seek>(seat: &mut Seat<T>) -> io::Result<u64> {
    let (value, unread) = seat.value_and_unread();
    let position = value.stream_position();
    let Some(unread) = unread else { return position };
    let before = unread.bytes.len() as u64;
    seat.keep(unread);
    Ok(position?.saturating_sub(before))
}

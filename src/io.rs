//! The typed methods: std's names, on every handle that has std's traits.

#[cfg(feature = "bytes")]
mod bytes;
mod data;
mod fill;
mod read;

use crate::aio::Aio;
use crate::call::{Call, CallError, Policy};
use crate::error::{Context, Operation, Result};
use crate::seat::Seat;
pub use data::Data;
pub use fill::{Buffer, Count, Fill, FillSlices};
pub(crate) use fill::{Filled, GivesBack, TakesBack};
#[cfg(windows)]
pub(crate) use read::read_by;
pub(crate) use read::{
    Ahead, keep, read, read_ahead, read_exact, read_to_end, read_to_string, read_vectored,
};
#[cfg(unix)]
pub(crate) use read::{chunk, read_beside};
use std::io::{self, IoSlice, IoSliceMut, Read, Seek, SeekFrom, Write};
use std::marker::PhantomData;

/// The policy of a typed call: its error says what was attempted, on which file. (A type for each, so that a call that waits
/// is small.)
pub(crate) struct Typed<R, const HOLDS_EXIT: bool = true> {
    context: Context,
    result: PhantomData<fn() -> R>,
}

impl<R> Typed<R> {
    pub(crate) fn new(context: Context) -> Self {
        Typed { context, result: PhantomData }
    }
}

impl<R> Typed<R, false> {
    /// For what changes nothing: the end of the process does not wait for it.
    pub(crate) fn harmless(context: Context) -> Self {
        Typed { context, result: PhantomData }
    }
}

impl<R: Send + 'static> Typed<R> {
    /// The answer of a handle that is closed.
    pub(crate) fn closed(self) -> Call<Result<R>> {
        Call::ready(Err(self.context.closed()))
    }
}

impl<R: Send + 'static, const HOLDS_EXIT: bool> Policy for Typed<R, HOLDS_EXIT> {
    type Raw = io::Result<R>;
    type Out = Result<R>;

    fn seal(&self, raw: io::Result<R>) -> Result<R> {
        raw.map_err(|error| self.context.error(error))
    }

    fn refuse(&self, why: CallError) -> std::result::Result<Result<R>, CallError> {
        self.context.refused(why).map(Err)
    }

    fn holds_exit(&self) -> bool {
        HOLDS_EXIT
    }

    fn name(&self) -> String {
        self.context.to_string()
    }
}

/// Queues a typed call of a handle: all that the typed methods do.
pub(crate) fn typed<T, R, F, const HOLDS_EXIT: bool>(
    aio: &Aio<T>,
    policy: Typed<R, HOLDS_EXIT>,
    f: F,
) -> Call<Result<R>>
where
    T: Send + 'static,
    R: Send + 'static,
    F: FnOnce(&mut T) -> io::Result<R> + Send + 'static,
{
    aio.queue(policy, move |seat| seat.as_mut().map(|seat| f(seat.value())))
}

/// Writing, as [`std::io::Write`] names it. `Ok` means that the bytes are in the value: nothing is buffered
/// on the way.
impl<T: Write + Send + 'static> Aio<T> {
    /// Writes some of the data, in one call of [`Write::write`], and gives the number of bytes written.
    pub fn write(&self, data: impl Data) -> Call<Result<usize>> {
        write(self, Context::of(Operation::Write), data)
    }

    /// Writes all of the data, as [`Write::write_all`].
    ///
    /// ```
    /// # use aiofile::Aio;
    /// # pollster::block_on(async {
    /// let sink = Aio::new(Vec::new());
    /// let buffer = vec![b'b'; 3];
    /// sink.write_all(&buffer).await?;           // borrowed: copied once
    /// sink.write_all(buffer).await?;            // owned: moved
    /// sink.write_all("a str").await?;
    /// assert_eq!(sink.finish(|sink| sink).await, b"bbbbbba str");
    /// # aiofile::Result::Ok(()) }).unwrap()
    /// ```
    ///
    /// *Errors:* what was written before an error is not known, as with std.
    pub fn write_all(&self, data: impl Data) -> Call<Result<()>> {
        write_all(self, Context::of(Operation::Write), data)
    }

    /// Writes some of many pieces of data, in one call of [`Write::write_vectored`], and gives the number of bytes
    /// written.
    pub fn write_vectored<D: Data>(&self, data: impl IntoIterator<Item = D>) -> Call<Result<usize>> {
        write_vectored(self, Context::of(Operation::Write), data)
    }

    /// Writes formatted text, all of it: what `write!(handle, "{x}").await` calls.
    pub fn write_fmt(&self, text: std::fmt::Arguments<'_>) -> Call<Result<()>> {
        self.write_all(text.to_string())
    }

    /// Has the value pass on what it has buffered itself: [`Write::flush`].
    pub fn flush(&self) -> Call<Result<()>> {
        typed(self, Typed::new(Context::of(Operation::Flush)), T::flush)
    }
}

/// Reading, as [`std::io::Read`] names it.
///
/// Bytes that an abandoned read had taken out of the value are there for the next of these methods. Other
/// calls (`with`, `call`, `finish`) find the value behind these bytes; a [`File`](crate::File), which can
/// seek, is put back first.
impl<T: Read + Send + 'static> Aio<T> {
    /// Reads some bytes, in one call of [`Read::read`]; 0 is the end.
    ///
    /// *Abandonment:* nothing is lost; the next typed read gets the bytes. *Cost:* one hop, and one copy
    /// from the buffer that travels to the pool.
    pub fn read<'b>(&self, buffer: &'b mut [u8]) -> Fill<'b, [u8], usize> {
        read(self, Context::of(Operation::Read), buffer, keep)
    }

    /// Reads some bytes into many buffers, in one call of [`Read::read_vectored`].
    pub fn read_vectored<'b, 's>(&self, buffers: &'b mut [IoSliceMut<'s>]) -> FillSlices<'b, 's> {
        read_vectored(self, Context::of(Operation::Read), buffers, keep)
    }

    /// Fills the buffer, as [`Read::read_exact`].
    pub fn read_exact<'b>(&self, buffer: &'b mut [u8]) -> Fill<'b, [u8], ()> {
        read_exact(self, Context::of(Operation::Read), buffer, keep)
    }

    /// Appends everything up to the end, as [`Read::read_to_end`], in one hop.
    pub fn read_to_end<'b>(&self, buffer: &'b mut Vec<u8>) -> Fill<'b, Vec<u8>, usize> {
        read_to_end(self, Context::of(Operation::Read), buffer, keep)
    }

    /// Appends everything up to the end as text, as [`Read::read_to_string`], in one hop.
    pub fn read_to_string<'b>(&self, buffer: &'b mut String) -> Fill<'b, String, usize> {
        read_to_string(self, Context::of(Operation::Read), buffer, keep)
    }
}

/// Seeking, as [`std::io::Seek`] names it.
impl<T: Seek + Send + 'static> Aio<T> {
    /// Moves to an offset, in bytes, and gives it as counted from the start: [`Seek::seek`].
    pub fn seek(&self, to: SeekFrom) -> Call<Result<u64>> {
        seek(self, Context::of(Operation::Seek), to)
    }

    /// Moves by so many bytes: [`Seek::seek_relative`].
    pub fn seek_relative(&self, by: i64) -> Call<Result<()>> {
        seek_relative(self, Context::of(Operation::Seek), by)
    }

    /// Moves to the start: [`Seek::rewind`].
    pub fn rewind(&self) -> Call<Result<()>> {
        rewind(self, Context::of(Operation::Seek))
    }

    /// Where the next byte is read or written, in bytes from the start: [`Seek::stream_position`].
    pub fn stream_position(&self) -> Call<Result<u64>> {
        stream_position(self, Context::of(Operation::Seek))
    }
}

pub(crate) fn write<T, D>(aio: &Aio<T>, context: Context, data: D) -> Call<Result<usize>>
where
    T: Write + Send + 'static,
    D: Data,
{
    let data = data.into_owned();
    typed(aio, Typed::new(context), move |to| to.write(data.as_ref()))
}

pub(crate) fn write_all<T, D>(aio: &Aio<T>, context: Context, data: D) -> Call<Result<()>>
where
    T: Write + Send + 'static,
    D: Data,
{
    let data = data.into_owned();
    typed(aio, Typed::new(context), move |to| to.write_all(data.as_ref()))
}

pub(crate) fn write_vectored<T, D>(
    aio: &Aio<T>,
    context: Context,
    data: impl IntoIterator<Item = D>,
) -> Call<Result<usize>>
where
    T: Write + Send + 'static,
    D: Data,
{
    let data: Vec<_> = data.into_iter().map(D::into_owned).collect();
    typed(aio, Typed::new(context), move |to| {
        let slices: Vec<_> = data.iter().map(|data| IoSlice::new(data.as_ref())).collect();
        to.write_vectored(&slices)
    })
}

pub(crate) fn seek<T>(aio: &Aio<T>, context: Context, to: SeekFrom) -> Call<Result<u64>>
where
    T: Seek + Send + 'static,
{
    let policy = Typed::harmless(context);
    aio.queue(policy, move |seat| seat.as_mut().map(|seat| read::seek(seat, to)))
}

pub(crate) fn rewind<T>(aio: &Aio<T>, context: Context) -> Call<Result<()>>
where
    T: Seek + Send + 'static,
{
    seek_to(aio, context, SeekFrom::Start(0))
}

pub(crate) fn seek_relative<T>(aio: &Aio<T>, context: Context, by: i64) -> Call<Result<()>>
where
    T: Seek + Send + 'static,
{
    seek_to(aio, context, SeekFrom::Current(by))
}

fn seek_to<T>(aio: &Aio<T>, context: Context, to: SeekFrom) -> Call<Result<()>>
where
    T: Seek + Send + 'static,
{
    let seek = move |seat: &mut Seat<T>| read::seek(seat, to).map(drop);
    aio.queue(Typed::harmless(context), move |seat| seat.as_mut().map(seek))
}

pub(crate) fn stream_position<T>(aio: &Aio<T>, context: Context) -> Call<Result<u64>>
where
    T: Seek + Send + 'static,
{
    aio.queue(Typed::harmless(context), |seat| seat.as_mut().map(read::stream_position))
}

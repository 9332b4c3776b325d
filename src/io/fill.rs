//! `Fill`: the future of a typed read, which fills a buffer of its caller's.

use super::read::{Chunk, Text};
use crate::call::Call;
use crate::coop;
use crate::error::Result;
use std::fmt;
use std::future::Future;
use std::io::IoSliceMut;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// The future of a typed read: `read` and `read_exact` fill a `[u8]`, `read_to_end` appends to a `Vec<u8>`,
/// `read_to_string` to a `String`. Gives the number of bytes, or `()` for `read_exact`.
///
/// *Ordering:* the read was queued when this value was made. *Abandonment:* a read that is dropped before
/// it starts is left out; what it had read by then is there for the next read. The buffer's content is then
/// not specified.
#[must_use = "nothing is read into the buffer unless this is awaited"]
pub struct Fill<'b, B: Buffer + ?Sized, N> {
    state: State<B::Taken>,
    buffer: &'b mut B,
    count: PhantomData<fn() -> N>,
}

enum State<T> {
    Made(Call<Chunk<T>>),
    /// So many bytes are in the buffer.
    Filled(Filled),
    Spent,
}

/// A read that was done when it was made.
pub(crate) struct Filled {
    pub(crate) count: usize,
    /// Of a read that has moved the value's position.
    pub(crate) back: Option<GivesBack>,
}

/// Gives a read back, unless its caller has it.
pub(crate) struct GivesBack {
    pub(crate) from: Arc<dyn TakesBack>,
    pub(crate) count: usize,
    /// In which turn of the value it was.
    pub(crate) turn: u64,
}

/// A value that can be put back over bytes which were read for a caller who does not want them.
pub(crate) trait TakesBack: Send + Sync {
    fn take_back(&self, count: usize, turn: u64);
}

impl Drop for GivesBack {
    fn drop(&mut self) {
        if self.count > 0 {
            self.from.take_back(self.count, self.turn);
        }
    }
}

impl<'b, B: Buffer + ?Sized, N> Fill<'b, B, N> {
    pub(super) fn new(call: Call<Chunk<B::Taken>>, buffer: &'b mut B) -> Self {
        Fill { state: State::Made(call), buffer, count: PhantomData }
    }
}

impl<'b, N> Fill<'b, [u8], N> {
    pub(crate) fn at_once(filled: Filled, buffer: &'b mut [u8]) -> Self {
        Fill { state: State::Filled(filled), buffer, count: PhantomData }
    }
}

impl<B: Buffer + ?Sized, N: Count> Future for Fill<'_, B, N> {
    type Output = Result<N>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<N>> {
        match &mut self.state {
            State::Made(call) => {
                let chunk = ready!(Pin::new(call).poll(cx));
                self.buffer.fill(chunk.taken);
                Poll::Ready(chunk.result.map(N::count))
            }
            State::Filled(filled) => {
                let count = filled.count;
                ready!(coop::poll_spend(cx, count));
                if let Some(back) = &mut filled.back {
                    back.count = 0;
                }
                self.state = State::Spent;
                Poll::Ready(Ok(N::count(count)))
            }
            State::Spent => panic!("aiofile: a read was polled after it had ended"),
        }
    }
}

impl<B: Buffer + ?Sized, N> fmt::Debug for Fill<'_, B, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fill").finish_non_exhaustive()
    }
}

/// The future of `read_vectored`: fills many buffers, one after the other, and gives the number of bytes. Otherwise
/// as [`Fill`].
#[must_use = "nothing is read into the buffers unless this is awaited"]
pub struct FillSlices<'b, 's> {
    call: Call<Chunk<Vec<u8>>>,
    buffers: &'b mut [IoSliceMut<'s>],
}

impl<'b, 's> FillSlices<'b, 's> {
    pub(super) fn new(call: Call<Chunk<Vec<u8>>>, buffers: &'b mut [IoSliceMut<'s>]) -> Self {
        FillSlices { call, buffers }
    }
}

impl Future for FillSlices<'_, '_> {
    type Output = Result<usize>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<usize>> {
        let chunk = ready!(Pin::new(&mut self.call).poll(cx));
        let mut rest = &chunk.taken[..];
        for buffer in self.buffers.iter_mut() {
            let (here, later) = rest.split_at(rest.len().min(buffer.len()));
            buffer[..here.len()].copy_from_slice(here);
            rest = later;
        }
        Poll::Ready(chunk.result)
    }
}

impl fmt::Debug for FillSlices<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FillSlices").finish_non_exhaustive()
    }
}

/// What a typed read fills. For the crate's own use: `[u8]`, `Vec<u8>` and `String`.
pub trait Buffer: sealed::Sealed {
    #[doc(hidden)]
    type Taken: super::read::Taken;
    #[doc(hidden)]
    fn fill(&mut self, taken: Self::Taken);
}

/// What a typed read says of its bytes: how many (`usize`), or nothing more (`()`).
pub trait Count: sealed::Sealed {
    #[doc(hidden)]
    fn count(bytes: usize) -> Self;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for [u8] {}
    impl Sealed for Vec<u8> {}
    impl Sealed for String {}
    impl Sealed for usize {}
    impl Sealed for () {}
}

impl Buffer for [u8] {
    type Taken = Vec<u8>;

    fn fill(&mut self, taken: Vec<u8>) {
        self[..taken.len()].copy_from_slice(&taken);
    }
}

impl Buffer for Vec<u8> {
    type Taken = Vec<u8>;

    fn fill(&mut self, taken: Vec<u8>) {
        if self.capacity() < taken.len() && self.is_empty() {
            *self = taken;
        } else {
            self.extend_from_slice(&taken);
        }
    }
}

impl Buffer for String {
    type Taken = Text;

    fn fill(&mut self, taken: Text) {
        if let Ok(text) = taken.0 {
            if self.capacity() < text.len() && self.is_empty() {
                *self = text;
            } else {
                self.push_str(&text);
            }
        }
    }
}

impl Count for usize {
    fn count(bytes: usize) -> usize {
        bytes
    }
}

impl Count for () {
    fn count(_: usize) {}
}

//! Calls that stand on another call, or on another future.

use super::{Call, CallError};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// What a `Call` sees of what it stands on.
pub(super) trait Chain<R>: Send {
    fn poll_checked(&mut self, cx: &mut Context<'_>) -> Poll<Result<R, CallError>>;
    fn cancel(&mut self) -> bool;
}

/// Of [`Call::map`].
pub(super) struct Mapped<R, F> {
    pub(super) call: Call<R>,
    pub(super) f: Option<F>,
}

impl<R, U, F> Chain<U> for Mapped<R, F>
where
    R: Send + 'static,
    F: FnOnce(R) -> U + Send,
{
    fn poll_checked(&mut self, cx: &mut Context<'_>) -> Poll<Result<U, CallError>> {
        let ended = ready!(self.call.poll_checked(cx));
        let f = self.f.take().expect("a call ends once");
        Poll::Ready(ended.map(f))
    }

    fn cancel(&mut self) -> bool {
        self.call.cancel()
    }
}

/// Of [`Call::from_future`].
pub(super) struct Driven<F>(pub(super) Pin<Box<F>>);

impl<F: Future + Send> Chain<F::Output> for Driven<F> {
    fn poll_checked(&mut self, cx: &mut Context<'_>) -> Poll<Result<F::Output, CallError>> {
        self.0.as_mut().poll(cx).map(Ok)
    }

    fn cancel(&mut self) -> bool {
        false
    }
}

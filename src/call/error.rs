//! `CallError`: why a call gave nothing.

use crate::lock::lock;
use crate::pool::Refusal;
use crate::sync::Mutex;
use std::any::Any;
use std::panic::resume_unwind;
use std::{error, fmt};

/// Why a call gave no result: it panicked, it was cancelled, or it could not be run.
///
/// Got from [`Call::checked`](crate::Call::checked), or as the [source](std::error::Error::source) of an
/// [`Error`](crate::Error).
pub struct CallError(Kind);

enum Kind {
    /// In a mutex, because a payload is not `Sync`.
    Panicked(Mutex<Box<dyn Any + Send>>),
    Cancelled,
    Closed,
    Refused(Refusal),
    Deadlock,
}

impl CallError {
    pub(crate) fn panicked(payload: Box<dyn Any + Send>) -> Self {
        CallError(Kind::Panicked(Mutex::new(payload)))
    }

    pub(crate) fn cancelled() -> Self {
        CallError(Kind::Cancelled)
    }

    pub(crate) fn closed() -> Self {
        CallError(Kind::Closed)
    }

    pub(crate) fn refused(why: Refusal) -> Self {
        CallError(Kind::Refused(why))
    }

    pub(crate) fn deadlock() -> Self {
        CallError(Kind::Deadlock)
    }

    /// The call ran and panicked.
    pub fn is_panic(&self) -> bool {
        matches!(self.0, Kind::Panicked(_))
    }

    /// The payload of the panic, as [`catch_unwind`](std::panic::catch_unwind) gives it; any other error
    /// comes back as it is.
    pub fn into_panic(self) -> Result<Box<dyn Any + Send>, CallError> {
        match self.0 {
            Kind::Panicked(payload) => Ok(payload.into_inner().unwrap_or_else(|e| e.into_inner())),
            _ => Err(self),
        }
    }

    /// The call was taken back by [`Call::cancel`](crate::Call::cancel) and did not run.
    pub fn is_cancelled(&self) -> bool {
        matches!(self.0, Kind::Cancelled)
    }

    /// The call did not run: the handle had been closed or finished by an earlier call.
    pub fn is_closed(&self) -> bool {
        matches!(self.0, Kind::Closed)
    }

    /// The call did not run: its pool is shut down, or had no thread for it.
    pub fn is_refused(&self) -> bool {
        matches!(self.0, Kind::Refused(_))
    }

    /// The wait could not have ended: a closure waited for a call of the handle that it runs on, or for a call
    /// that waits for this closure in turn. The call itself stays queued, and runs after that closure.
    ///
    /// To poll is taken for waiting: do not drive, inside a closure on a handle, an executor whose other tasks
    /// use that handle.
    pub fn is_deadlock(&self) -> bool {
        matches!(self.0, Kind::Deadlock)
    }

    /// The same error once more; a panic has but one payload.
    pub(crate) fn again(&self) -> Self {
        CallError(match &self.0 {
            Kind::Panicked(_) => Kind::Panicked(Mutex::new(Box::new(self.to_string()))),
            Kind::Cancelled => Kind::Cancelled,
            Kind::Closed => Kind::Closed,
            Kind::Refused(why) => Kind::Refused(*why),
            Kind::Deadlock => Kind::Deadlock,
        })
    }

    /// Panics in the caller: with the call's own payload if it has one.
    pub(crate) fn resume(self) -> ! {
        match self.into_panic() {
            Ok(payload) => resume_unwind(payload),
            Err(other) => panic!("aiofile: {other}"),
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Kind::Panicked(payload) => {
                let payload = lock(payload);
                let text = payload.downcast_ref::<&str>().copied();
                return match text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)) {
                    Some(text) => write!(f, "the call panicked: {text}"),
                    None => f.write_str("the call panicked"),
                };
            }
            Kind::Cancelled => "the call was cancelled before it had started",
            Kind::Closed => "the handle is closed",
            Kind::Refused(Refusal::ShutDown) => "the pool is shut down",
            Kind::Refused(Refusal::NoThread) => "the pool has no thread to run the call on",
            Kind::Deadlock => {
                "a closure that runs on a handle cannot wait for another call of the same handle"
            }
        })
    }
}

impl fmt::Debug for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CallError({self})")
    }
}

impl error::Error for CallError {}

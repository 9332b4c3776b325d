//! A mutex without poison: what a panic left behind is the concern of the call that panicked,
//! never of the next one.

use crate::sync::{Mutex, MutexGuard};
use std::sync::PoisonError;

pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! Supplies of threads, and what tells when it is dropped.

use aiofile::Pool;
use shuttle::rand::Rng;
use shuttle::sync::{Condvar, Mutex};
use shuttle::thread::{self, ThreadId};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// A thread for each job.
pub fn threads() -> Pool {
    Pool::from_fn(|job| {
        thread::spawn(move || job.run());
    })
}

/// Another thread may run now.
pub fn switch() {
    thread::sleep(Duration::ZERO);
}

/// One of so many, by chance.
pub fn any(of: usize) -> usize {
    shuttle::rand::thread_rng().gen_range(0..of)
}

/// Polls once, with a waker that wakes nobody.
pub fn poll<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// What was told, by whom. To wait for what is never told is a deadlock: the model fails.
pub struct Told<T>(Arc<Telling<T>>);

type Telling<T> = (Mutex<Vec<(T, ThreadId)>>, Condvar);

impl<T> Clone for Told<T> {
    fn clone(&self) -> Self {
        Told(Arc::clone(&self.0))
    }
}

impl<T> Told<T> {
    pub fn new() -> Self {
        Told(Arc::new((Mutex::new(Vec::new()), Condvar::new())))
    }

    pub fn tell(&self, what: T) {
        self.0.0.lock().unwrap().push((what, thread::current().id()));
        self.0.1.notify_all();
    }

    /// Waits until so much was told.
    pub fn wait_for(&self, count: usize) -> Vec<(T, ThreadId)> {
        let mut told = self.0.0.lock().unwrap();
        while told.len() < count {
            told = self.0.1.wait(told).unwrap();
        }
        assert_eq!(told.len(), count);
        std::mem::take(&mut *told)
    }
}

/// Tells that it is dropped.
pub struct TellsDrop(pub Told<()>);

impl Drop for TellsDrop {
    fn drop(&mut self) {
        self.0.tell(());
    }
}

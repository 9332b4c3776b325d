//! What runs beside a file's queue: calls that borrow the std file, each a job of its own.

use super::File;
use crate::call::{Call, Policy};
use crate::error::Result;
use crate::io::Typed;
use crate::lock::lock;
use crate::pool::Work;
use slab::Slab;
use std::fs;
use std::io;
use std::ops::Deref;
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};

/// The borrowers of one std file.
#[derive(Debug)]
pub(super) struct Lanes {
    /// Owned by the queue, and by each borrower.
    file: Weak<fs::File>,
    borrowers: Mutex<Borrowers>,
    /// Signalled when a borrower has ended.
    ended: Condvar,
    pub(super) held: super::lock::Held,
}

#[derive(Default)]
struct Borrowers {
    /// The calls that have not ended; `None` until the call is made.
    calls: Slab<Option<Arc<dyn Work>>>,
    /// Somebody takes the file: nobody borrows it any more.
    closing: bool,
}

impl std::fmt::Debug for Borrowers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Borrowers").field("calls", &self.calls.len()).finish()
    }
}

impl Lanes {
    pub(super) fn new(file: &Arc<fs::File>) -> Arc<Self> {
        Arc::new(Lanes {
            file: Arc::downgrade(file),
            borrowers: Mutex::default(),
            ended: Condvar::new(),
            held: Default::default(),
        })
    }

    pub(super) fn file(&self) -> Option<Arc<fs::File>> {
        if lock(&self.borrowers).closing { None } else { self.file.upgrade() }
    }

    fn borrow(self: &Arc<Self>) -> Option<Borrowed> {
        let mut borrowers = lock(&self.borrowers);
        let file = Some(self.file.upgrade().filter(|_| !borrowers.closing)?);
        Some(Borrowed { file, key: borrowers.calls.insert(None), lanes: Arc::clone(self) })
    }

    /// Takes the file from its queue, when all who borrow it have ended. If it is held elsewhere, it stays.
    pub(super) fn take(&self, file: Arc<fs::File>) -> std::result::Result<fs::File, Arc<fs::File>> {
        self.wait_for_borrowers();
        Arc::try_unwrap(file).inspect_err(|_| lock(&self.borrowers).closing = false)
    }

    /// A borrower may wait for the very thread that waits here: what has not started is run by it.
    fn wait_for_borrowers(&self) {
        let mut borrowers = lock(&self.borrowers);
        borrowers.closing = true;
        while !borrowers.calls.is_empty() {
            let unstarted = borrowers.calls.iter().filter_map(|(_, call)| call.clone());
            let unstarted: Vec<_> = unstarted.filter(|call| !call.has_started()).collect();
            if unstarted.is_empty() {
                borrowers = self.ended.wait(borrowers).unwrap_or_else(PoisonError::into_inner);
            } else {
                drop(borrowers);
                unstarted.into_iter().for_each(|call| call.run());
                borrowers = lock(&self.borrowers);
            }
        }
    }
}

/// The std file, in the hands of one call.
pub(super) struct Borrowed {
    /// `None` when it is given back.
    file: Option<Arc<fs::File>>,
    key: usize,
    lanes: Arc<Lanes>,
}

impl Deref for Borrowed {
    type Target = fs::File;

    fn deref(&self) -> &fs::File {
        self.file.as_deref().expect("it is given back by its drop")
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        // First the file, which whoever waits below wants for its own.
        self.file = None;
        let call = lock(&self.lanes.borrowers).calls.try_remove(self.key);
        self.lanes.ended.notify_all();
        drop(call);
    }
}

impl File {
    /// Runs a call beside the queue, in parallel with everything.
    pub(super) fn beside<R, F>(&self, policy: Typed<R>, f: F) -> Call<Result<R>>
    where
        R: Send + 'static,
        F: FnOnce(&fs::File) -> io::Result<R> + Send + 'static,
    {
        self.beside_as(policy, |file| f(&file)).unwrap_or_else(|policy| policy.closed())
    }

    /// The same with any policy, which comes back if the file is closed.
    pub(super) fn beside_as<P, F>(&self, policy: P, f: F) -> std::result::Result<Call<P::Out>, P>
    where
        P: Policy,
        F: FnOnce(Borrowed) -> P::Raw + Send + 'static,
    {
        let Some(borrowed) = self.lanes.borrow() else { return Err(policy) };
        let key = borrowed.key;
        let (call, cell) = Call::made(policy, 0, move || f(borrowed));
        if let Some(borrower) = lock(&self.lanes.borrowers).calls.get_mut(key) {
            *borrower = Some(Arc::clone(&cell) as _);
            self.lanes.ended.notify_all(); // one who waits for it can now run it
        }
        self.pool().submit(cell);
        Ok(call)
    }
}

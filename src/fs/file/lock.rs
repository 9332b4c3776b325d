//! Locks of the whole file, as flock(2) has them: they belong to the open file, not to whoever took them.

use super::File;
use super::lanes::Lanes;
use crate::aio::Aio;
use crate::call::{Call, CallError, Policy};
use crate::error::{Context, Operation, Result};
use crate::io::Typed;
use crate::lock::lock;
use crate::pool::{self, Pool};
use crate::sync::Mutex;
use std::fs;
use std::io;
use std::sync::{Arc, OnceLock};

/// The lock that an open file holds.
#[derive(Debug, Default)]
pub(super) struct Held {
    state: Mutex<State>,
    /// Where calls wait for a lock, one after the other; on threads that no pool of the user's lacks then.
    line: OnceLock<Aio<()>>,
}

#[derive(Debug, Default)]
struct State {
    mode: Option<Mode>,
    /// Counts what was done, so that a lock which nobody wants is given back only if nobody has it.
    turn: u64,
}

#[derive(Clone, Copy, Debug)]
enum Mode {
    Shared,
    Exclusive,
}

/// What has to be known to give a lock back.
#[derive(Clone, Copy)]
struct Acquired {
    turn: u64,
    before: Option<Mode>,
}

impl Held {
    fn line(&self) -> &Aio<()> {
        self.line.get_or_init(|| Aio::build(Pool::embedded(), Box::new(()), false))
    }

    fn acquire(&self, mode: Mode, take: impl FnOnce() -> io::Result<()>) -> io::Result<Acquired> {
        let before = {
            let mut state = lock(&self.state);
            state.turn += 1;
            state.mode
        };
        take()?;
        let mut state = lock(&self.state);
        state.turn += 1;
        state.mode = Some(mode);
        Ok(Acquired { turn: state.turn, before })
    }

    fn release(&self, file: &fs::File) -> io::Result<()> {
        let mut state = lock(&self.state);
        state.turn += 1;
        file.unlock()?;
        state.mode = None;
        Ok(())
    }

    /// Puts things back to before a lock was acquired that nobody wants any more.
    fn give_back(&self, file: &fs::File, acquired: Acquired) {
        let mut state = lock(&self.state);
        if state.turn != acquired.turn {
            return;
        }
        state.turn += 1;
        state.mode = acquired.before;
        // There is nobody left to tell of an error.
        let _ = match acquired.before {
            None => file.unlock(),
            Some(Mode::Shared) => file.lock_shared(),
            Some(Mode::Exclusive) => Ok(()),
        };
    }
}

/// Locks. They are advisory, on the whole file, and belong to the open file: a clone of the handle shares the
/// lock, another `open` of the same path does not. They run beside the queue, so that a lock which waits
/// holds up no read and no write, and takes no thread of the file's own pool. Closing the file unlocks it.
impl File {
    /// Waits for a lock that nobody else has: [`std::fs::File::lock`].
    ///
    /// *Abandonment:* a lock that is given up, by a timeout say, is not leaked: if it is acquired later, it is
    /// given back at once, to what was held before.
    ///
    /// ```
    /// # pollster::block_on(async {
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("x");
    /// let file = aiofile::open(&path, "w").await?;
    /// let other = aiofile::open(&path, "w").await?;
    /// file.lock().await?;
    /// assert_eq!(other.try_lock().await.unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    /// file.unlock().await?;
    /// other.try_lock().await?;
    /// # aiofile::Result::Ok(()) }).unwrap()
    /// ```
    #[doc(alias = "flock")]
    pub fn lock(&self) -> Call<Result<()>> {
        self.wait_for_lock(Operation::Lock, Mode::Exclusive)
    }

    /// Waits for a lock that others may share: [`std::fs::File::lock_shared`]. *Abandonment* as
    /// [`lock`](File::lock).
    pub fn lock_shared(&self) -> Call<Result<()>> {
        self.wait_for_lock(Operation::LockShared, Mode::Shared)
    }

    /// Takes the lock if nobody else has it: [`std::fs::File::try_lock`]. If somebody has, it fails with
    /// [`WouldBlock`](io::ErrorKind::WouldBlock).
    pub fn try_lock(&self) -> Call<Result<()>> {
        self.beside_lock(Operation::TryLock, |held, file| {
            held.acquire(Mode::Exclusive, || Ok(file.try_lock()?)).map(drop)
        })
    }

    /// Takes a shared lock if nobody else has an exclusive one: [`std::fs::File::try_lock_shared`]. *Errors* as
    /// [`try_lock`](File::try_lock).
    pub fn try_lock_shared(&self) -> Call<Result<()>> {
        self.beside_lock(Operation::TryLockShared, |held, file| {
            held.acquire(Mode::Shared, || Ok(file.try_lock_shared()?)).map(drop)
        })
    }

    /// Gives the lock back, whoever took it: [`std::fs::File::unlock`].
    pub fn unlock(&self) -> Call<Result<()>> {
        self.beside_lock(Operation::Unlock, Held::release)
    }

    fn beside_lock(
        &self,
        operation: Operation,
        f: impl FnOnce(&Held, &fs::File) -> io::Result<()> + Send + 'static,
    ) -> Call<Result<()>> {
        let lanes = Arc::clone(&self.lanes);
        self.beside(Typed::new(self.context(operation)), move |file| f(lanes.held(), file))
    }

    fn wait_for_lock(&self, operation: Operation, mode: Mode) -> Call<Result<()>> {
        let context = self.context(operation);
        let Some(file) = self.lanes.file() else { return Typed::new(context).closed() };
        let lanes = Arc::clone(&self.lanes);
        let policy = Locking { context, lanes: lanes.clone(), acquired: Mutex::new(None) };
        self.lanes.held().line().queue(policy, move |_| {
            Some(lanes.held().acquire(mode, || match mode {
                Mode::Shared => file.lock_shared(),
                Mode::Exclusive => file.lock(),
            }))
        })
    }
}

/// The policy of a call that waits for a lock.
struct Locking {
    context: Context,
    lanes: Arc<Lanes>,
    acquired: Mutex<Option<Acquired>>,
}

impl Policy for Locking {
    type Raw = io::Result<Acquired>;
    type Out = Result<()>;

    fn seal(&self, raw: Self::Raw) -> Result<()> {
        let acquired = raw.map_err(|error| self.context.error(error))?;
        *lock(&self.acquired) = Some(acquired);
        Ok(())
    }

    fn refuse(&self, why: CallError) -> std::result::Result<Result<()>, CallError> {
        self.context.refused(why).map(Err)
    }

    /// Nobody wants the lock any more.
    fn take_back(&self, _: Result<()>) -> Option<Result<()>> {
        let acquired = lock(&self.acquired).take()?;
        let lanes = Arc::clone(&self.lanes);
        let give_back = move || {
            if let Some(file) = lanes.file() {
                lanes.held().give_back(&file, acquired);
            }
        };
        // On the thread that acquired it, at once, before the next in line; else where it may block.
        if pool::on_job_thread() {
            give_back();
        } else {
            drop(Pool::embedded().run(give_back));
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

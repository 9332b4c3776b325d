//! Of the handles of one value, and its end.

use super::support::{Told, any, threads};
use aiofile::Aio;
use shuttle::future::block_on;
use shuttle::thread;

/// Tells, when it is dropped, how many calls had used it.
struct Counts(usize, Told<usize>);

impl Drop for Counts {
    fn drop(&mut self) {
        self.1.tell(self.0);
    }
}

/// The value is dropped once, on the pool, after all calls, whichever handle goes last, and though the drain may be
/// lingering. *Catches:* a drain that takes the number of handles from before it lingered.
pub fn last_handle() {
    let dropped = Told::new();
    let aio = Aio::on(&threads(), Counts(0, dropped.clone()));
    let callers = [0, 1].map(|_| {
        let aio = aio.clone();
        thread::spawn(move || {
            block_on(aio.with(|counts| counts.0 += 1));
            drop(aio.with(|counts| counts.0 += 1));
            thread::current().id()
        })
    });
    if any(2) == 0 {
        block_on(aio.with(|_| ()));
    }
    drop(aio);
    let told = dropped.wait_for(1);
    let callers = callers.map(|caller| caller.join().unwrap());
    let (calls, by) = told[0];
    assert_eq!(calls, 4);
    assert!(!callers.contains(&by) && by != thread::current().id());
}

/// Of two that finish, one gets the value, with all that was done to it; each call was before that, or finds the
/// handle closed. *Catches:* a closed handle that does not say so.
pub fn finish() {
    let aio = Aio::on(&threads(), 0_usize);
    let caller = aio.clone();
    let caller = thread::spawn(move || {
        let mut done = 0;
        for _ in 0..3 {
            match block_on(caller.with(|n| *n += 1).checked()) {
                Ok(()) => done += 1,
                Err(error) => assert!(error.is_closed(), "{error}"),
            }
        }
        done
    });
    let finishers = [0, 1].map(|_| {
        let (aio, seen) = (aio.clone(), aio.clone());
        thread::spawn(move || {
            let taken = block_on(aio.finish(|n| n).checked());
            assert!(seen.is_closed());
            assert!(block_on(seen.with(|_| ()).checked()).is_err_and(|error| error.is_closed()));
            taken
        })
    });
    let taken = finishers.map(|finisher| finisher.join().unwrap());
    let done = caller.join().unwrap();
    match taken {
        [Ok(n), Err(error)] | [Err(error), Ok(n)] => assert!(n == done && error.is_closed()),
        both => panic!("{both:?}"),
    }
}

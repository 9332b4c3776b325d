//! What the types can be used for, asserted when this is compiled.

use aiofile::{Aio, Call, CallError, Checked, Error, File, Fill, Job, OpenOptions, Pool, Stuck};
use std::cell::Cell;
use std::panic::{RefUnwindSafe, UnwindSafe};

fn shared<T: Clone + Send + Sync>() {}
fn future<T: Send + Sync + Unpin + 'static>() {}
fn value<T: Send + Sync + Unpin>() {}
fn unwind<T: UnwindSafe + RefUnwindSafe>() {}
fn error<T: std::error::Error + Send + Sync + 'static>() {}

#[test]
fn auto_traits() {
    struct NotUnpin(#[allow(dead_code)] std::marker::PhantomPinned);

    shared::<Aio<Cell<u8>>>();
    shared::<Aio<Box<dyn std::io::Write + Send>>>();
    shared::<File>();
    shared::<Pool>();
    shared::<OpenOptions>();
    future::<Call<u8>>();
    future::<Call<Cell<u8>>>();
    future::<Call<NotUnpin>>();
    future::<Checked<Cell<u8>>>();
    value::<Fill<'_, [u8], usize>>();
    value::<Fill<'_, String, usize>>();
    value::<Job>();
    value::<Stuck>();
    error::<Error>();
    error::<CallError>();
    unwind::<Aio<Cell<u8>>>();
    unwind::<File>();
    unwind::<Pool>();
    unwind::<Call<Cell<u8>>>();
    assert_eq!(size_of::<Result<(), Error>>(), size_of::<usize>(), "an error costs an `Ok` nothing");
    assert_eq!(size_of::<Aio<[u8; 4096]>>(), 3 * size_of::<usize>(), "a handle is small, whatever it holds");
}

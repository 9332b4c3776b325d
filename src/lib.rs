#![doc = include_str!("../README.md")]

mod aio;
mod call;
mod coop;
pub mod docs;
mod dyn_file;
mod error;
pub mod fs;
mod io;
mod lock;
mod mailbox;
mod method;
mod pool;
mod proxy;
mod seat;
mod stdio;
mod stream;
#[cfg_attr(aiofile_shuttle, path = "../tests/models/src/sync.rs")]
mod sync;
#[cfg(feature = "temp")]
pub mod temp;
mod wake;

pub use aio::Aio;
/// The attribute that implementations of [`AsyncFile`] are written with.
#[doc(no_inline)]
pub use async_trait::async_trait;
pub use call::{Call, CallError, Checked};
pub use dyn_file::AsyncFile;
pub use error::{Error, Operation, Result};
pub use fs::{File, OpenOptions, open};
pub use io::{Buffer, Count, Data, Fill, FillSlices};
pub use method::{Bind, Inside, InsideMut, Lend, LendMut, Method, kind};
pub use pool::{Job, Pool, Stuck, unblock};
pub use stdio::{stderr, stdin, stdout};
pub use stream::{Chunks, Copy, Handle, IntoInnerError, Lines, Progress, Reader, Split, Writer, copy};

/// What `proxy!` writes into other crates, by names that nothing there can hide.
#[doc(hidden)]
pub mod __private {
    pub use std::borrow::{Borrow, ToOwned};
}

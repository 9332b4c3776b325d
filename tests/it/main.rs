//! Behaviour, one module for each promise or part. `support` holds what they share.

#![allow(unreachable_pub)] // `support` and `exit` are for the other modules

mod abandoned_reads;
mod calls;
mod cancelled;
mod conveniences;
#[cfg(unix)]
mod coverage;
mod drops;
mod dyn_file;
mod errors;
mod executors;
mod exit;
mod file;
mod forwarding;
mod fs;
#[cfg(feature = "tokio")]
mod in_place;
#[cfg(target_os = "linux")]
mod inline;
mod io_traits;
mod lanes;
mod linger;
#[cfg(unix)]
mod model;
mod nested;
mod open;
mod order;
mod panics;
mod pools;
mod proxy;
mod reader;
mod streams;
mod support;
#[cfg(feature = "temp")]
mod temp;
mod traits;
mod writer;

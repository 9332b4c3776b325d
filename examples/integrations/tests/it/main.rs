//! Any method of anything: real methods of types that nobody here wrote, forwarded through `Aio<T>`, each
//! checked against the same work done synchronously. One module per crate or corner of std, then order
//! and executors.
//!
//! In each module: `call` (the path of a method), `with` (a closure, for what returns a borrow), `finish` (a
//! method by value), and the typed methods where the type reads, writes or seeks.

mod async_compression;
mod boxed;
mod csv;
mod executors;
mod flate2;
#[cfg(target_os = "linux")]
mod full_disk;
mod futures;
mod http;
mod order;
mod orders;
mod own_type;
#[cfg(unix)]
mod process;
mod rusqlite;
mod std_file;
mod std_io;
mod std_net;
#[cfg(unix)]
mod stdin;
mod support;
mod tar;
mod tempfile;
mod tokio;
mod tokio_util;
mod zip;

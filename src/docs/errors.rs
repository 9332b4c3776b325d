//! Errors: what they say, and what a panic, a refusal, a cancellation look like.
//!
//! # What an error says
//!
//! The typed methods (those of [`File`](crate::File), [`Reader`](crate::Reader), [`Writer`](crate::Writer), the functions
//! of [`fs`](crate::fs), `read` and `write` of an [`Aio`](crate::Aio)) fail with an [`Error`](crate::Error): the
//! operation, the path, and the system's own error.
//!
//! ```
//! use aiofile::{Operation, fs};
//!
//! # pollster::block_on(async {
//! let error = fs::rename("no/such/file", "other").await.unwrap_err();
//! assert!(error.to_string().starts_with(r#"rename "no/such/file" to "other": "#));
//! assert_eq!(error.operation(), Operation::Rename);
//! assert_eq!(error.path().unwrap().to_str(), Some("no/such/file"));
//! assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
//! assert!(error.raw_os_error().is_some()); // errno
//! # })
//! ```
//!
//! `main` may return it: `Error: open "no/such/file": No such file or directory (os error 2) [NotFound]`.
//!
//! # Where the path is
//!
//! | form | its error | names |
//! |---|---|---|
//! | methods of a `File` that was opened by a path; `fs` | [`aiofile::Error`](crate::Error) | operation and path |
//! | typed methods of an `Aio`, of a [`File::from_std`](crate::File::from_std) | [`aiofile::Error`](crate::Error) | operation; the path after [`with_path`](crate::File::with_path) |
//! | `call`, `with`, `finish`, `method`, `proxy!`, `run`, `unblock` | the method's own, `std::io::Error` say | what the method says |
//!
//! The last are any methods of any types: the crate does not know which of them touch a file. Who does, says so:
//!
//! ```
//! use aiofile::{Error, Operation};
//! use std::io::Read;
//!
//! # pollster::block_on(async {
//! # let dir = tempfile::tempdir().unwrap();
//! # let path = dir.path().join("data.txt");
//! let file = aiofile::open(&path, "w").await?;
//! let error = file
//!     .with(|file| file.read(&mut [0; 8])) // of a file that is open for writing
//!     .await
//!     .map_err(|error| Error::new(Operation::Read, error).with_path(&path))
//!     .unwrap_err();
//! assert!(error.to_string().contains("data.txt"));
//! # aiofile::Result::Ok(()) }).unwrap()
//! ```
//!
//! # As an `io::Error`
//!
//! std's error holds a number or a text, not both. `?` into one keeps the number where there is one, and the path is
//! gone; without a number it holds the whole [`Error`](crate::Error). Functions that return `aiofile::Result`, or
//! `Box<dyn std::error::Error>`, lose nothing.
//!
//! ```
//! use std::io;
//!
//! # pollster::block_on(async {
//! let error = aiofile::open("no/such/file", "r").await.unwrap_err();
//! assert!(io::Error::from(error).raw_os_error().is_some());
//!
//! let error = aiofile::open("data.txt", "rw").await.unwrap_err(); // no system call, no number
//! let inside = io::Error::from(error).downcast::<aiofile::Error>().unwrap();
//! assert!(inside.path().is_some());
//! # })
//! ```
//!
//! # What is not an error of the method
//!
//! | what happened | typed methods | `with`, `call`, `finish`, `run`, `unblock` | the same, [`checked()`](crate::Call::checked) |
//! |---|---|---|---|
//! | the method panicked | resumes where it is awaited | resumes where it is awaited | [`is_panic`](crate::CallError::is_panic) |
//! | the handle is closed | `Err` | panics: "the handle is closed" | [`is_closed`](crate::CallError::is_closed) |
//! | the pool is shut down, or gets no thread | `Err` | panics: "the pool is shut down", "the pool has no thread ..." | [`is_refused`](crate::CallError::is_refused) |
//! | it was cancelled | `Err` | panics: "the call was cancelled ..." | [`is_cancelled`](crate::CallError::is_cancelled) |
//! | a closure waits for its own handle, or in a circle | `Err`, [`Deadlock`](std::io::ErrorKind::Deadlock) | panics: "a closure that runs on a handle cannot wait ..." | [`is_deadlock`](crate::CallError::is_deadlock) |
//!
//! The `Err` of a typed method is an [`Error`](crate::Error) like any other; its
//! [`call_error`](crate::Error::call_error) tells these cases from the system's.
//!
//! `checked()` of a typed method gives a panic alone as its value; the rest is inside, in the `Err` of the method. (Typed
//! reads, which fill a buffer of yours, have no `checked()`.)
//!
//! A result of any type has no place for an error of ours: that is why `with` and `call` panic. Where a handle may be
//! closed by another task, or a pool be shut down, `checked()` gives it as a value:
//!
//! ```
//! use aiofile::Aio;
//!
//! # pollster::block_on(async {
//! let list = Aio::new(vec![1, 2, 3]);
//! let other = list.clone();
//! other.close().await;
//!
//! match list.call(Vec::len, ()).checked().await {
//!     Ok(len) => println!("{len} items"),
//!     Err(error) if error.is_closed() => println!("somebody has closed it"),
//!     Err(error) => panic!("{error}"),
//! }
//!
//! let error = Aio::new(Vec::new()).with(|bytes: &mut Vec<u8>| bytes[7]).checked().await.unwrap_err();
//! assert!(error.is_panic()); // `into_panic` gives the payload
//!
//! # let file = aiofile::File::from_std(tempfile::tempfile().unwrap());
//! # let late = file.clone();
//! # file.close().await.unwrap();
//! let error = late.write_all("x").await.unwrap_err(); // a typed method, of a file that is closed
//! assert!(error.call_error().unwrap().is_closed());
//! let error = late.write_all("x").checked().await.unwrap().unwrap_err(); // the same, inside
//! assert!(error.call_error().unwrap().is_closed());
//! # })
//! ```
//!
//! # Panics
//!
//! A panic belongs to the call that made it: it resumes where that call is awaited, with its payload. The handle, its
//! other calls and the pool go on. The panic hook has run by then, on the pool thread, and has printed its text: once, and
//! also where `checked()` takes the panic as a value, or nobody awaits the call. With `panic = "abort"` the process
//! ends, as always.
//!
//! # Errors that stay
//!
//! | | |
//! |---|---|
//! | a sync of a [`File`](crate::File) that failed | all later ones fail, of its clones too: the system would say `Ok`, with the data gone |
//! | a [`Writer`](crate::Writer) whose value failed | the next call says so, whichever it is; no byte is accepted until a `flush` (`sync`, `close`) resumes at the first unwritten one |
//! | a call that was abandoned | its error is lost, but for the two above |

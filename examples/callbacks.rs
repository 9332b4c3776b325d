//! Callbacks: soon, later, at a time, and when something is done.
//!
//! ```python
//! loop.call_soon(f.write, 'soon\n')
//! loop.call_later(0.2, f.write, 'later\n')
//! loop.call_at(loop.time() + 0.1, f.write, 'at\n')
//! future.add_done_callback(done)
//! ```
//!
//! `cargo run --example callbacks`

use aiofile::{Call, fs, unblock};
use std::error::Error;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

const TENTH: Duration = Duration::from_millis(100);

/// `loop.call_at`. The task goes on by itself; `abort()` takes the callback back, as `TimerHandle.cancel()`.
fn call_at<R, F>(time: Instant, callback: F) -> JoinHandle<R>
where
    R: Send + 'static,
    F: FnOnce() -> Call<R> + Send + 'static,
{
    tokio::spawn(async move {
        sleep_until(time).await;
        callback().await
    })
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let dir = unblock(tempfile::tempdir).await?;
    let path = dir.path().join("log");
    let f = aiofile::open(&path, "w").await?;
    let write = |text: &'static str| {
        let f = f.clone();
        move || f.write_all(text)
    };

    let now = Instant::now();
    let later = call_at(now + 2 * TENTH, write("later\n")); // call_later
    let at = call_at(now + TENTH, write("at\n"));
    let never = call_at(now + 3 * TENTH, write("never\n"));
    let soon = f.write_all("soon\n"); // call_soon: a call is queued by making it

    // A done callback gets the result, or the error, in a task of its own.
    let missing = fs::read("no/such/file").map(|read| match read {
        Ok(bytes) => format!("done: {} bytes", bytes.len()),
        Err(error) => format!("done: {error}"),
    });
    println!("{}", tokio::spawn(missing).await?);

    never.abort();
    assert!(never.await.is_err_and(|error| error.is_cancelled()));
    soon.await?;
    at.await??;
    later.await??;
    f.close().await?;
    let log = fs::read_to_string(&path).await?;
    assert_eq!(log, "soon\nat\nlater\n");
    println!("in the log: {}", log.lines().collect::<Vec<_>>().join(", "));
    Ok(unblock(|| dir.close()).await?)
}

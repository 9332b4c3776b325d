//! Tasks: made, awaited (the first, and all), cancelled, timed out. A call made is a call run.
//!
//! ```python
//! task = asyncio.create_task(job())
//! done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
//! task.cancel()
//! await asyncio.wait_for(job(), timeout=0.05)
//! ```
//!
//! `cargo run --example tasks`

use aiofile::{Pool, fs, unblock};
use std::error::Error;
use std::io::Write;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

const TENTH: Duration = Duration::from_millis(100);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let dir = unblock(tempfile::tempdir).await?;

    // Made, and awaited as they end.
    let mut tasks = JoinSet::new();
    for n in [3, 1, 2] {
        tasks.spawn(job(dir.path().join(format!("{n}")), n));
    }
    let mut ended = Vec::new();
    while let Some(task) = tasks.join_next().await {
        ended.push(task??);
    }
    assert_eq!(ended, [1, 2, 3]);
    println!("first: {}, all: {ended:?}", ended[0]);

    // Cancelled: a call that has not started is taken back, and does not run.
    let one = Pool::new(1);
    let busy = one.run(|| thread::sleep(TENTH));
    let mut next = one.run(|| println!("never printed"));
    assert!(next.cancel());
    match next.checked().await {
        Err(error) => println!("cancelled: {error}"),
        Ok(()) => return Err("a call that was cancelled has run".into()),
    }
    busy.await;

    // Timed out: that ends the wait, not the work. The next call on the file comes after it.
    let path = dir.path().join("late");
    let file = aiofile::open(&path, "w").await?;
    let write = file.with(|file| {
        thread::sleep(2 * TENTH);
        file.write_all(b"written all the same")
    });
    assert!(timeout(TENTH / 2, write).await.is_err());
    file.close().await?;
    let text = fs::read_to_string(&path).await?;
    assert_eq!(text, "written all the same");
    println!("timed out, and {text}");
    Ok(unblock(|| dir.close()).await?)
}

async fn job(path: PathBuf, n: u32) -> aiofile::Result<u32> {
    sleep(n * TENTH).await;
    fs::write(path, format!("{n}")).await?;
    Ok(n)
}

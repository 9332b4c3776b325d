//! Many tasks at once; each result has its place, whichever task ends first.
//!
//! ```python
//! await asyncio.gather(
//!     task1('task1', 1),
//!     task1('task2', 2)
//! )
//! ```
//!
//! `cargo run --example gather`

use aiofile::{fs, unblock};
use std::error::Error;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tokio::time::sleep;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let dir = unblock(tempfile::tempdir).await?;
    let path = |n| dir.path().join(format!("{n}.txt"));

    // A few, of any types: `gather` itself.
    let start = Instant::now();
    let (one, two) = tokio::join!(task1("task1", 100), task1("task2", 200));
    println!("{one} of 0.1 s and {two} of 0.2 s: {:.1} s", start.elapsed().as_secs_f64());

    // Many: tasks that are spawned all run, and are awaited in the order of the results. The last ends first.
    let tasks: Vec<_> = (0..100).map(|n| tokio::spawn(write_and_read(path(n), n))).collect();
    let mut texts = Vec::new();
    for task in tasks {
        texts.push(task.await??);
    }
    assert_eq!(texts, (0..100).map(|n| format!("text {n}")).collect::<Vec<_>>());
    println!("100 tasks: {} to {}", texts[0], texts[99]);

    // Calls need no task around them: each runs from when it is made.
    let calls: Vec<_> = (0..100).map(|n| fs::read_to_string(path(n))).collect();
    for (call, text) in calls.into_iter().zip(&texts) {
        assert_eq!(call.await?, *text);
    }

    // The first error is the one that `gather` gives; it names the file.
    match tokio::try_join!(fs::read(path(0)), fs::read("no/such/file")) {
        Err(error) => println!("{error}"),
        Ok(_) => return Err("a file was read that is not there".into()),
    }
    Ok(unblock(|| dir.close()).await?)
}

async fn task1(name: &str, ms: u64) -> &str {
    sleep(Duration::from_millis(ms)).await;
    name
}

async fn write_and_read(path: PathBuf, n: u64) -> aiofile::Result<String> {
    sleep(Duration::from_millis(100 - n)).await;
    fs::write(&path, format!("text {n}")).await?;
    fs::read_to_string(&path).await
}

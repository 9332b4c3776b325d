//! A hundred tasks, one log: each appends lines through its clone of one handle, and no line is torn.
//!
//! `cargo run --example log_lines`

use aiofile::{File, unblock};
use std::error::Error;
use std::path::Path;

const TASKS: usize = 100;
const LINES: usize = 100;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let dir = unblock(tempfile::tempdir).await?;
    let path = dir.path().join("log");

    let log = File::options().append(true).create(true).open(&path).await?;
    let tasks: Vec<_> = (0..TASKS).map(|task| tokio::spawn(write_lines(log.clone(), task))).collect();
    for task in tasks {
        task.await??;
    }

    // Closed through one handle, it is closed for all of them.
    let late = log.clone();
    log.close().await?;
    match late.write_all("too late\n").await {
        Err(error) => println!("{error}"),
        Ok(()) => return Err("a log that is closed was written".into()),
    }

    let lines = check(&path).await?;
    assert_eq!(lines, TASKS * LINES);
    println!("{TASKS} tasks wrote {lines} lines, all of them whole, each task's in their order");
    Ok(unblock(|| dir.close()).await?)
}

/// One call is one line. The calls of all handles on a file run one at a time.
async fn write_lines(log: File, task: usize) -> aiofile::Result<()> {
    for n in 0..LINES {
        log.write_all(line(task, n) + "\n").await?;
    }
    Ok(())
}

fn line(task: usize, n: usize) -> String {
    format!("task {task} line {n} {}", "=".repeat(task + n))
}

/// The number of lines, if each is the next one of its task.
async fn check(path: &Path) -> Result<usize, Box<dyn Error>> {
    let mut written = [0; TASKS];
    let mut lines = File::open(path).await?.reader().lines();
    while let Some(text) = lines.next_line().await? {
        let task: usize = text.split(' ').nth(1).ok_or("a line without a task")?.parse()?;
        assert_eq!(text, line(task, written[task]));
        written[task] += 1;
    }
    Ok(written.iter().sum())
}

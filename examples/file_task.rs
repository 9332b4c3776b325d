//! A file opened, written and closed; each step runs on a pool thread.
//!
//! ```python
//! f = await loop.run_in_executor(None, open, "data.txt", 'w')
//! await loop.run_in_executor(None, f.write, "aio file")
//! await loop.run_in_executor(None, f.close)
//! ```
//!
//! `cargo run --example file_task`

use std::error::Error;
use std::path::Path;
use std::thread;

fn main() -> Result<(), Box<dyn Error>> {
    let dir = tempfile::tempdir()?; // removed at the end, also when that is an error
    pollster::block_on(file_task(&dir.path().join("data.txt")))?;
    Ok(dir.close()?)
}

async fn file_task(path: &Path) -> Result<(), Box<dyn Error>> {
    let f = aiofile::open(path, "w").await?;
    f.write_all("aio file").await?;
    f.close().await?;

    let text = aiofile::fs::read_to_string(path).await?;
    assert_eq!(text, "aio file");
    println!("data.txt: {text}");

    // Nothing of a handle runs on the thread that awaits it.
    let f = aiofile::open(path, "r").await?;
    assert_ne!(f.with(|_| thread::current().id()).await, thread::current().id());

    // An error says what failed, on which file; `kind` and `raw_os_error` are the system's.
    match aiofile::open("no/such/data.txt", "w").await {
        Err(error) => println!("{error}"),
        Ok(_) => return Err("a file was opened in a directory that is not there".into()),
    }
    Ok(())
}

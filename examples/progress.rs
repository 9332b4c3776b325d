//! A bar for a long copy: read and written at the same time, with the number of bytes told on the way.
//!
//! `cargo run --example progress` prints one line, which is drawn again and again.

use std::io::Write as _;

const SIZE: u64 = 64 << 20;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dir = tempfile::tempdir()?;
    let (source, copy) = (dir.path().join("source"), dir.path().join("copy"));
    aiofile::fs::write(&source, vec![7; SIZE as usize]).await?;

    let mut from = aiofile::open(&source, "r").await?.reader();
    let mut to = aiofile::open(&copy, "w").await?.writer();
    let mut drawn = 0;
    let draw = |bytes: u64| {
        let tenths = (bytes * 10 / SIZE) as usize;
        if tenths > drawn {
            drawn = tenths;
            print!("\r[{:10}] {}%", "#".repeat(tenths), tenths * 10);
            let _ = std::io::stdout().flush(); // a bar that cannot be drawn is no reason to stop
        }
    };
    let copied = aiofile::copy(&mut from, &mut to).on_progress(draw).await?;
    to.close().await?; // written, and closed; an error of either is known here
    println!(" {} MiB copied", copied >> 20);

    // Both sides say whose error it is.
    let mut nowhere = aiofile::open(&copy, "r").await?.writer();
    match aiofile::copy(&mut aiofile::open(&source, "r").await?.reader(), &mut nowhere).await {
        Err(error) if error.operation() == aiofile::Operation::Write => {}
        other => return Err(format!("a file opened for reading was written: {other:?}").into()),
    }
    let (source, copy) = (aiofile::fs::read(&source).await?, aiofile::fs::read(&copy).await?);
    if source != copy {
        return Err("the copy differs".into());
    }
    dir.close()?;
    Ok(())
}

//! indicatif's bar for a long copy. (It is drawn on a terminal alone.)
//!
//! `cargo run --manifest-path examples/integrations/Cargo.toml --example progress_bar`

use aiofile::fs;
use indicatif::{ProgressBar, ProgressStyle};
use std::error::Error;
use std::path::Path;

/// Read and written at the same time, by the pool; the bar moves in the task that waits.
async fn copy(from: &Path, to: &Path) -> Result<u64, Box<dyn Error>> {
    let from = aiofile::open(from, "r").await?;
    let bar = ProgressBar::new(from.metadata().await?.len());
    bar.set_style(ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes}, {bytes_per_sec}, {eta}")?);
    let mut to = aiofile::open(to, "w").await?.writer();
    let copied =
        aiofile::copy(&mut from.reader(), &mut to).on_progress(|bytes| bar.set_position(bytes)).await?;
    to.sync().await?;
    to.close().await?;
    assert_eq!(bar.position(), copied);
    bar.finish();
    Ok(copied)
}

async fn run(dir: &Path) -> Result<(), Box<dyn Error>> {
    let (source, target) = (dir.join("source"), dir.join("target"));
    fs::write(&source, "light, more light\n".repeat(10 << 20)).await?;
    println!("{} MiB copied", copy(&source, &target).await? >> 20);
    assert_eq!(fs::read(&target).await?, fs::read(&source).await?);

    match copy(Path::new("no/such/file"), &target).await {
        Err(error) => println!("{error}"),
        Ok(_) => return Err("a file was copied that is not there".into()),
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    pollster::block_on(run(dir.path()))?;
    Ok(dir.close()?)
}

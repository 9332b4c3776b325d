//! A log that is rotated: when it is large, it is compressed, and the last few of these are kept.
//!
//! `cargo run --manifest-path examples/integrations/Cargo.toml --example gzip_log`

use aiofile::{Aio, File, Writer, fs};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use std::error::Error;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// Larger than this, in bytes, a log is rotated.
const LARGE: u64 = 20_000;
/// So many compressed ones are kept: `log.1.gz` is the newest.
const KEPT: usize = 3;

struct Log {
    path: PathBuf,
    out: Writer<File>,
}

impl Log {
    async fn create(path: PathBuf) -> Result<Log> {
        let out = aiofile::open(&path, "w").await?.writer();
        Ok(Log { path, out })
    }

    async fn write(&mut self, line: &str) -> Result {
        self.out.write_all(line.as_bytes()).await?; // at memory speed; written by the pool
        if self.out.progress().accepted > LARGE { self.rotate().await } else { Ok(()) }
    }

    async fn rotate(&mut self) -> Result {
        self.out.close().await?; // all of it is in the file
        for n in (1..KEPT).rev() {
            match fs::rename(compressed(&self.path, n), compressed(&self.path, n + 1)).await {
                Err(error) if error.kind() == ErrorKind::NotFound => {} // there are not so many yet
                renamed => renamed?,
            }
        }
        compress(&self.path, &compressed(&self.path, 1)).await?;
        self.out = aiofile::open(&self.path, "w").await?.writer();
        Ok(())
    }
}

fn compressed(log: &Path, n: usize) -> PathBuf {
    log.with_extension(format!("{n}.gz"))
}

/// Read, compressed and written at the same time, all of it on the pool.
async fn compress(from: &Path, to: &Path) -> Result {
    let file = aiofile::open(to, "w").await?.into_std().await?;
    let mut plain = aiofile::open(from, "r").await?.reader();
    let mut gz = Aio::new(GzEncoder::new(file, Compression::default())).writer();
    aiofile::copy(&mut plain, &mut gz).await?;
    let gz = gz.into_inner().await?;
    let file = gz.finish(GzEncoder::finish).await?; // by value: gzip's end is written
    Ok(File::from_std(file).sync_all().await?)
}

async fn decompress(path: &Path) -> Result<Vec<String>> {
    let file = aiofile::open(path, "r").await?.into_std().await?;
    let mut lines = Aio::new(GzDecoder::new(file)).reader().lines();
    let mut all = Vec::new();
    while let Some(line) = lines.next_line().await? {
        all.push(line);
    }
    Ok(all)
}

async fn run(dir: &Path) -> Result {
    let mut log = Log::create(dir.join("log")).await?;
    for n in 0..5000 {
        log.write(&format!("request {n} served\n")).await?;
    }
    log.out.close().await?;

    let mut kept = Vec::new();
    for n in (1..=KEPT).rev() {
        let lines = decompress(&compressed(&log.path, n)).await?;
        println!("log.{n}.gz: {} lines, from {:?} on", lines.len(), lines[0]);
        kept.extend(lines);
    }
    kept.extend(fs::read_to_string(&log.path).await?.lines().map(String::from));
    let last = (5000 - kept.len()..5000).map(|n| format!("request {n} served"));
    assert!(kept.iter().eq(&last.collect::<Vec<_>>()), "lines are lost");
    println!("with those of the log: the last {} of 5000", kept.len());

    match decompress(&log.path).await {
        Err(error) => println!("the log as gzip: {error}"),
        Ok(_) => return Err("the log was never compressed".into()),
    }
    Ok(())
}

fn main() -> Result {
    let dir = tempfile::tempdir()?;
    pollster::block_on(run(dir.path()))?;
    Ok(dir.close()?)
}

//! An archive that is made and extracted by four threads.
//!
//! `cargo run --manifest-path examples/integrations/Cargo.toml --example zip_files`

use aiofile::{Aio, Pool, fs, unblock};
use futures::{StreamExt, TryStreamExt, stream};
use std::error::Error;
use std::fs::File;
use std::io::{self, Cursor};
use std::path::{Path, PathBuf};
use zip::result::{ZipError, ZipResult};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

/// How many threads compress, and extract.
const AT_ONCE: usize = 4;
const FILES: usize = 40;

/// An archive of one file, in memory.
fn compress(file: PathBuf, name: String) -> ZipResult<ZipArchive<Cursor<Vec<u8>>>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file(name, SimpleFileOptions::default())?;
    io::copy(&mut File::open(file)?, &mut zip)?;
    ZipArchive::new(zip.finish()?)
}

fn open(path: PathBuf) -> ZipResult<ZipArchive<File>> {
    ZipArchive::new(File::open(path)?)
}

/// An entry borrows its archive: it is extracted where it is made.
fn extract(zip: &mut ZipArchive<File>, index: usize, to: PathBuf) -> ZipResult<u64> {
    let mut entry = zip.by_index(index)?;
    let name = entry.enclosed_name().ok_or(ZipError::InvalidArchive("a name leads out of it".into()))?;
    Ok(io::copy(&mut entry, &mut File::create(to.join(name))?)?)
}

async fn run(dir: &Path) -> Result<(), Box<dyn Error>> {
    let (from, to, path) = (dir.join("from"), dir.join("to"), dir.join("poems.zip"));
    fs::create_dir(&from).await?;
    fs::create_dir(&to).await?;
    let name = |n: usize| format!("{n:02}.txt");
    for n in 0..FILES {
        fs::write(from.join(name(n)), "light, more light\n".repeat(1000 * n)).await?;
    }

    // Compressed by four threads, and put into the archive in order. No more than eight are in memory.
    let pool = Pool::new(AT_ONCE);
    let file = aiofile::File::create(&path).await?.into_std().await?;
    let zip = Aio::new(ZipWriter::new(file));
    let compressed = stream::iter(0..FILES)
        .map(|n| {
            let (file, name) = (from.join(name(n)), name(n));
            pool.run(|| compress(file, name))
        })
        .buffered(2 * AT_ONCE);
    compressed.try_for_each(|one| zip.call(ZipWriter::merge_archive, (one,))).await?;
    zip.finish(ZipWriter::finish).await?; // by value: writes the archive's directory

    // Extracted through four handles: the calls of each run one at a time, those of all four at once.
    let open = |_| {
        let path = path.clone();
        unblock(|| open(path))
    };
    let handles: Vec<_> = stream::iter(0..AT_ONCE).then(open).map_ok(Aio::new).try_collect().await?;
    let calls: Vec<_> = (0..FILES).map(|n| handles[n % AT_ONCE].call(extract, (n, to.clone()))).collect();
    let mut bytes = 0;
    for call in calls {
        bytes += call.await?;
    }
    println!("{FILES} files, {bytes} bytes: archived and extracted, {AT_ONCE} at once");

    for n in 0..FILES {
        assert_eq!(fs::read(to.join(name(n))).await?, fs::read(from.join(name(n))).await?, "{n}");
    }
    match handles[0].call(extract, (FILES, to)).await {
        Err(error) => println!("file {FILES}: {error}"),
        Ok(_) => return Err("a file was extracted that is not there".into()),
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    pollster::block_on(run(dir.path()))?;
    Ok(dir.close()?)
}

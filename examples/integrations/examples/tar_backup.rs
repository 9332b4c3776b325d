//! A directory, packed into a compressed archive, listed, and unpacked.
//!
//! `cargo run --manifest-path examples/integrations/Cargo.toml --example tar_backup`

use aiofile::{Aio, File, fs};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use futures::TryStreamExt;
use std::error::Error;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use tar::{Archive, Builder};

/// Entries borrow the archive: what is needed of them is taken out where they are made.
fn list<R: Read>(tar: &mut Archive<R>) -> io::Result<Vec<(PathBuf, u64)>> {
    let name_and_size = |entry: io::Result<tar::Entry<'_, R>>| {
        let entry = entry?;
        Ok((entry.path()?.into_owned(), entry.size()))
    };
    tar.entries()?.map(name_and_size).collect()
}

async fn open(path: &Path) -> aiofile::Result<Aio<Archive<GzDecoder<std::fs::File>>>> {
    let file = File::open(path).await?.into_std().await?;
    Ok(Aio::new(Archive::new(GzDecoder::new(file))))
}

async fn run(dir: &Path) -> Result<(), Box<dyn Error>> {
    let (notes, path, out) = (dir.join("notes"), dir.join("notes.tar.gz"), dir.join("out"));
    fs::create_dir_all(notes.join("old")).await?;
    fs::write(notes.join("today"), "more light\n").await?;
    fs::write(notes.join("old/yesterday"), "light\n".repeat(1000)).await?;

    // Any stack of blocking values is one handle.
    let file = File::create(&path).await?.into_std().await?;
    let tar = Aio::new(Builder::new(GzEncoder::new(file, Compression::default())));
    tar.call(Builder::append_dir_all, ("notes", notes.clone())).await?;
    match tar.call(Builder::append_dir_all, ("more", dir.join("no/such/directory"))).await {
        Err(error) => println!("a directory that is not there: {:?}", error.kind()),
        Ok(()) => return Err("a directory was packed that is not there".into()),
    }
    // The ends of both, tar's and gzip's; then the file is synced.
    let file = tar.finish(|tar| tar.into_inner()?.finish()).await?;
    File::from_std(file).with_path(&path).sync_all().await?;

    let mut listed = open(&path).await?.call(list, ()).await?;
    listed.sort();
    for (path, size) in listed {
        println!("{} {size}", path.display());
    }

    open(&path).await?.call(Archive::unpack, (out.clone(),)).await?;
    let entries = fs::walk(&notes).await?;
    let same = async |entry: fs::DirEntry| {
        if entry.file_type()?.is_file() {
            let below = entry.path().strip_prefix(dir)?.to_owned();
            assert_eq!(fs::read(entry.path()).await?, fs::read(out.join(below)).await?);
        }
        Ok::<_, Box<dyn Error>>(())
    };
    entries.err_into().try_for_each_concurrent(4, same).await
}

fn main() -> Result<(), Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    pollster::block_on(run(dir.path()))?;
    Ok(dir.close()?)
}

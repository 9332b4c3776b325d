//! `Builder` and `Archive`.

use crate::support::{Result, text};
use aiofile::Aio;
use pollster::block_on;
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::PathBuf;
use tar::{Archive, Builder, Header, HeaderMode};

fn header(size: usize) -> Header {
    let mut header = Header::new_gnu();
    header.set_size(size as u64);
    header.set_mode(0o644);
    header.set_cksum();
    header
}

/// A directory with files, and an archive of it, made without this crate.
fn archive(from: &std::path::Path) -> Result<Vec<u8>> {
    let mut tar = Builder::new(Vec::new());
    tar.mode(HeaderMode::Deterministic);
    tar.append_data(&mut header(text().len()), "text", text().as_bytes())?;
    let mut raw = header(3);
    raw.set_path("raw")?;
    raw.set_cksum();
    tar.append(&raw, &b"raw"[..])?;
    tar.append_file("one", &mut File::open(from.join("1"))?)?;
    tar.append_path_with_name(from.join("2"), "two")?;
    tar.append_dir_all("all", from.join("dir"))?;
    Ok(tar.into_inner()?)
}

fn files() -> Result<tempfile::TempDir> {
    let dir = tempfile::tempdir()?;
    for name in ["1", "2"] {
        std::fs::write(dir.path().join(name), format!("this is {name}"))?;
    }
    std::fs::create_dir(dir.path().join("dir"))?;
    std::fs::write(dir.path().join("dir/3"), "this is 3")?;
    Ok(dir)
}

#[test]
fn builder_writes_the_same_bytes() -> Result {
    let dir = files()?;
    let from = dir.path().to_owned();
    block_on(async {
        let tar = Aio::new(Builder::new(Vec::new()));
        tar.call(Builder::mode, (HeaderMode::Deterministic,)).await;

        // The header is taken by `&mut`, filled in, and comes back.
        let data = Cursor::new(text());
        let (added, filled) = tar.call(Builder::append_data, (header(text().len()), "text", data)).await;
        added?;
        assert_eq!(filled.path()?.to_str(), Some("text"));
        assert_ne!(filled.cksum()?, header(text().len()).cksum()?);

        let mut raw = header(3);
        raw.set_path("raw")?;
        raw.set_cksum();
        tar.call(Builder::append, (raw, &b"raw"[..])).await?;
        let (added, file) = tar.call(Builder::append_file, ("one", File::open(from.join("1"))?)).await;
        added?;
        assert_eq!(file.metadata()?.len(), 9);
        tar.call(Builder::append_path_with_name, (from.join("2"), "two")).await?;
        tar.call(Builder::append_dir_all, ("all", from.join("dir"))).await?;

        let written = tar.with(|tar| tar.get_ref().len()).await;
        let bytes = tar.finish(Builder::into_inner).await?;
        assert!(written > 0 && written < bytes.len());
        assert_eq!(bytes, archive(&from)?);
        Ok(())
    })
}

#[test]
fn builder_is_finished_in_place() -> Result {
    let mut sync = Builder::new(Vec::new());
    sync.append_data(&mut header(1), "a", &b"a"[..])?;
    sync.finish()?;
    block_on(async {
        let tar = Aio::new(Builder::new(Vec::new()));
        tar.call(Builder::append_data, (header(1), PathBuf::from("a"), &b"a"[..])).await.0?;
        tar.call(Builder::finish, ()).await?;
        assert_eq!(&tar.with(|tar| tar.get_ref().clone()).await, sync.get_ref());
        Ok(())
    })
}

fn entries<R: Read>(tar: &mut Archive<R>) -> io::Result<Vec<(PathBuf, Vec<u8>)>> {
    let read = |entry: io::Result<tar::Entry<'_, R>>| {
        let mut entry = entry?;
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        Ok((entry.path()?.into_owned(), bytes))
    };
    tar.entries()?.map(read).collect()
}

#[test]
fn archive_gives_the_same_entries() -> Result {
    let dir = files()?;
    let bytes = archive(dir.path())?;
    let mut sync = Archive::new(Cursor::new(bytes.clone()));
    let sync_entries = entries(&mut sync)?;
    assert_eq!(sync_entries.len(), 6);
    block_on(async {
        let tar = Aio::new(Archive::new(Cursor::new(bytes)));
        // Entries borrow the archive: read where they are made. A function of one's own is a path like any.
        assert_eq!(tar.call(entries, ()).await?, sync_entries);
        let second = tar.with(|tar| entries(tar).map_err(|e| e.to_string())).await;
        assert_eq!(second, entries(&mut sync).map_err(|e| e.to_string()));
        let inner = tar.finish(Archive::into_inner).await;
        assert_eq!(inner.position(), sync.into_inner().position());
        Ok(())
    })
}

#[test]
fn archive_is_unpacked() -> Result {
    let dir = files()?;
    let bytes = archive(dir.path())?;
    let (sync, own) = (dir.path().join("sync"), dir.path().join("own"));
    Archive::new(&bytes[..]).unpack(&sync)?;
    block_on(async {
        let tar = Aio::new(Archive::new(Cursor::new(bytes)));
        tar.call(Archive::set_preserve_mtime, (false,)).await;
        tar.call(Archive::unpack, (own.clone(),)).await?;
        for name in ["text", "raw", "one", "two", "all/3"] {
            assert_eq!(std::fs::read(own.join(name))?, std::fs::read(sync.join(name))?, "{name}");
        }
        Ok(())
    })
}

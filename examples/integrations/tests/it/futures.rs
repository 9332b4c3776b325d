//! The crate futures: its `copy`, its adapters, and the combinators of streams.

use crate::support::{Result, text};
use aiofile::{Aio, fs};
use futures::{AsyncBufReadExt, AsyncReadExt, StreamExt, TryFutureExt, TryStreamExt, future, io, stream};
use pollster::block_on;
use std::io::{BufRead, Cursor};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A directory of 100 files, each of them with its number.
fn files() -> Result<tempfile::TempDir> {
    let dir = tempfile::tempdir()?;
    for n in 0..100 {
        std::fs::write(dir.path().join(n.to_string()), format!("file {n}"))?;
    }
    Ok(dir)
}

fn names(dir: &Path) -> Result<Vec<std::ffi::OsString>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        names.push(entry?.file_name());
    }
    names.sort();
    Ok(names)
}

#[test]
fn copies() -> Result {
    let dir = tempfile::tempdir()?;
    let (from, to) = (dir.path().join("from"), dir.path().join("to"));
    std::fs::write(&from, text())?;
    block_on(async {
        // Exact handles, buffers, and any value.
        let mut copied = aiofile::open(&to, "w").await?;
        let count = io::copy(aiofile::open(&from, "r").await?, &mut copied).await?;
        assert_eq!((count, std::fs::read_to_string(&to)?), (text().len() as u64, text()));

        let mut copied = aiofile::open(&to, "w").await?.writer();
        let count = io::copy_buf(aiofile::open(&from, "r").await?.reader(), &mut copied).await?;
        assert_eq!((count, std::fs::read_to_string(&to)?), (text().len() as u64, text()));

        let mut copied = Aio::new(Vec::new());
        io::copy(Aio::new(Cursor::new(text())), &mut copied).await?;
        assert_eq!(copied.finish(|copied| copied).await, text().as_bytes());
        Ok(())
    })
}

#[test]
fn its_adapters_take_our_types() -> Result {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("text");
    std::fs::write(&path, text())?;
    block_on(async {
        let head = AsyncReadExt::take(aiofile::open(&path, "r").await?, 10);
        let tail = AsyncReadExt::take(aiofile::open(&path, "r").await?.reader(), 10);
        let mut both = String::new();
        AsyncReadExt::chain(head, tail).read_to_string(&mut both).await?;
        assert_eq!(both, text()[..10].repeat(2));

        let reader = aiofile::open(&path, "r").await?.reader();
        let lines: Vec<String> = AsyncBufReadExt::lines(reader).try_collect().await?;
        assert_eq!(lines, text().lines().collect::<Vec<_>>());

        // A buffer of theirs on an exact handle.
        let mut first = String::new();
        io::BufReader::new(aiofile::open(&path, "r").await?).read_line(&mut first).await?;
        assert_eq!(Some(first.trim_end()), text().lines().next());
        Ok(())
    })
}

#[test]
fn lines_are_a_stream() -> Result {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("text");
    std::fs::write(&path, text())?;
    let mut sync = Vec::new();
    for line in std::io::BufReader::new(std::fs::File::open(&path)?).lines() {
        let line = line?;
        if line.ends_with('7') {
            sync.push(line);
        }
    }
    block_on(async {
        let lines = aiofile::open(&path, "r").await?.reader().lines();
        let found: Vec<_> = lines.try_filter(|line| future::ready(line.ends_with('7'))).try_collect().await?;
        assert_eq!(found, sync);

        let words = aiofile::open(&path, "r").await?.reader().split(b' ');
        let count = words.try_fold(0, |count, _| future::ok(count + 1)).await?;
        assert_eq!(count, std::fs::read(&path)?.split(|byte| *byte == b' ').count());
        Ok(())
    })
}

/// The first error ends it; the lines before it are there.
#[test]
fn a_line_that_is_no_text_is_an_error_of_the_stream() -> Result {
    block_on(async {
        let lines = Aio::new(&b"one\ntwo\n\xFF\nfour"[..]).reader().lines();
        let mut all = Vec::new();
        let keep = |line| {
            all.push(line);
            future::ok(())
        };
        let error = lines.try_for_each(keep).await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidData);
        assert_eq!(all, ["one", "two"]);
        Ok(())
    })
}

#[test]
fn the_entries_of_a_directory_are_a_stream() -> Result {
    let (from, to) = (files()?, tempfile::tempdir()?);
    let copied = AtomicUsize::new(0);
    block_on(async {
        let entries = fs::read_dir(from.path()).await?;
        let copy = async |entry: fs::DirEntry| {
            fs::copy(entry.path(), to.path().join(entry.file_name())).await?;
            copied.fetch_add(1, Ordering::Relaxed);
            aiofile::Result::Ok(())
        };
        entries.try_for_each_concurrent(8, copy).await?;
        assert_eq!(copied.load(Ordering::Relaxed), 100);
        assert_eq!(names(to.path())?, names(from.path())?);
        for name in names(from.path())? {
            assert_eq!(std::fs::read(to.path().join(&name))?, std::fs::read(from.path().join(&name))?);
        }

        // An error is that of the file, with its path.
        let entries = fs::read_dir(from.path()).await?;
        let nowhere = to.path().join("no/such/directory");
        let copy = |entry: fs::DirEntry| fs::copy(entry.path(), nowhere.join(entry.file_name()));
        let error = entries.try_for_each_concurrent(8, |entry| copy(entry).map_ok(drop)).await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
        assert!(error.to_path().is_some_and(|path| path.starts_with(&nowhere)));
        Ok(())
    })
}

#[test]
fn calls_are_buffered_in_their_order() -> Result {
    let dir = files()?;
    block_on(async {
        let paths = stream::iter(0..100).map(|n| dir.path().join(n.to_string()));
        let texts: Vec<_> = paths.map(fs::read_to_string).buffered(8).try_collect().await?;
        assert_eq!(texts, (0..100).map(|n| format!("file {n}")).collect::<Vec<_>>());

        let files: Vec<_> = fs::walk(dir.path())
            .await?
            .map_ok(|entry| entry.metadata())
            .try_buffer_unordered(8)
            .try_collect()
            .await?;
        let sync: u64 = names(dir.path())?
            .iter()
            .flat_map(|name| dir.path().join(name).metadata())
            .map(|m| m.len())
            .sum();
        assert_eq!(files.iter().map(|metadata| metadata.len()).sum::<u64>(), sync);
        Ok(())
    })
}

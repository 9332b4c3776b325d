//! `std::fs::File`, as `Aio<File>` and under `aiofile::File`; `ReadDir` and `Metadata` come along.

use crate::support::{Result, text};
use aiofile::{Aio, unblock};
use pollster::block_on;
use std::fs::{self, File, FileTimes, OpenOptions, ReadDir};
use std::io::{BufReader, Read, Seek, SeekFrom, Write};
use std::time::{Duration, SystemTime};

fn open(path: &std::path::Path) -> std::io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(true).open(path)
}

#[test]
fn every_day_methods() -> Result {
    let dir = tempfile::tempdir()?;
    let (sync_path, own_path) = (dir.path().join("sync"), dir.path().join("own"));
    let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);

    let mut sync = open(&sync_path)?;
    sync.write_all(text().as_bytes())?;
    let sync_end = sync.seek(SeekFrom::End(0))?;
    sync.set_len(100)?;
    sync.rewind()?;
    let mut sync_part = [0; 10];
    sync.read_exact(&mut sync_part)?;
    let mut sync_text = String::new();
    sync.read_to_string(&mut sync_text)?;
    sync.set_times(FileTimes::new().set_modified(then))?;

    block_on(async {
        let file = Aio::new(open(&own_path)?);
        file.call(Write::write_all, (text().into_bytes(),)).await?;
        assert_eq!(file.call(Seek::seek, (SeekFrom::End(0),)).await?, sync_end);
        file.call(File::set_len, (100,)).await?;
        file.call(Seek::rewind, ()).await?;
        let (read, part) = file.call(Read::read_exact, ([0; 10],)).await;
        read?;
        assert_eq!(part, sync_part);
        let mut rest = String::new();
        file.read_to_string(&mut rest).await?;
        assert_eq!(rest, sync_text);

        file.call(File::set_times, (FileTimes::new().set_modified(then),)).await?;
        file.call(File::sync_all, ()).await?;
        let (own, sync) = (file.call(File::metadata, ()).await?, sync.metadata()?);
        assert_eq!((own.len(), own.modified()?), (sync.len(), sync.modified()?));
        file.call(File::set_permissions, (sync.permissions(),)).await?;
        assert_eq!(fs::metadata(&own_path)?.permissions(), fs::metadata(&sync_path)?.permissions());

        let clone = Aio::new(file.call(File::try_clone, ()).await?);
        clone.seek(SeekFrom::Start(42)).await?;
        assert_eq!(file.stream_position().await?, 42);
        assert_eq!(fs::read(own_path)?, fs::read(sync_path)?);
        Ok(())
    })
}

#[test]
fn locks_are_methods_too() -> Result {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("locked");
    block_on(async {
        let file = Aio::new(open(&path)?);
        file.call(File::lock, ()).await?;
        assert!(matches!(File::open(&path)?.try_lock(), Err(fs::TryLockError::WouldBlock)));
        file.call(File::unlock, ()).await?;
        assert!(File::open(&path)?.try_lock().is_ok());
        Ok(())
    })
}

#[test]
fn by_value_a_file_becomes_what_std_makes_of_it() -> Result {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("text");
    fs::write(&path, text())?;
    let sync = BufReader::new(File::open(&path)?).bytes().take(20).collect::<std::io::Result<Vec<_>>>()?;
    block_on(async {
        let bytes = Aio::new(Aio::new(File::open(&path)?).finish(Read::bytes).await);
        let bytes = bytes.with(|bytes| bytes.take(20).collect::<std::io::Result<Vec<_>>>()).await?;
        assert_eq!(bytes, sync);
        let head = Aio::new(Aio::new(File::open(&path)?).finish(|file| file.take(20)).await);
        let (read, head) = head.call(Read::read_to_end, (Vec::new(),)).await;
        assert_eq!((read?, head), (20, sync));
        let all = Aio::new(File::open(&path)?).finish(std::io::read_to_string).await?;
        assert_eq!(all, fs::read_to_string(&path)?);
        Ok(())
    })
}

#[cfg(unix)]
#[test]
fn positioned_methods_of_unix() -> Result {
    use std::os::fd::OwnedFd;
    use std::os::unix::fs::{FileExt, MetadataExt};

    let dir = tempfile::tempdir()?;
    let (sync_path, own_path) = (dir.path().join("sync"), dir.path().join("own"));
    let sync = open(&sync_path)?;
    sync.write_all_at(b"hole", 5000)?;
    let mut sync_bytes = [1; 8];
    let sync_read = sync.read_at(&mut sync_bytes, 4998)?;
    block_on(async {
        let file = Aio::new(open(&own_path)?);
        file.call(FileExt::write_all_at, (b"hole", 5000)).await?;
        let (read, bytes) = file.call(FileExt::read_at, ([1; 8], 4998)).await;
        assert_eq!((read?, bytes), (sync_read, sync_bytes));
        let (read, _) = file.call(FileExt::read_exact_at, (vec![0; 8], 4998)).await;
        assert_eq!(read.map_err(|e| e.kind()), sync.read_exact_at(&mut [0; 8], 4998).map_err(|e| e.kind()));

        let inode = file.call(File::metadata, ()).await?.ino();
        let descriptor: OwnedFd = file.finish(OwnedFd::from).await;
        assert_eq!(File::from(descriptor).metadata()?.ino(), inode);
        assert_eq!(fs::read(own_path)?, fs::read(sync_path)?);
        Ok(())
    })
}

#[test]
fn under_the_typed_file_every_method_goes_by_path_too() -> Result {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("typed");
    block_on(async {
        let file = aiofile::open(&path, "w+").await?;
        file.write_all("typed, ").await?;
        file.call(Write::write_all, (b"by path, ",)).await?;
        file.with(|file| write!(file, "by closure {}", 1)).await?;
        file.call(Seek::rewind, ()).await?;
        let (read, text) = file.call(Read::read_to_string, (String::new(),)).await;
        read?;
        assert_eq!(text, fs::read_to_string(&path)?);
        assert_eq!(text, "typed, by path, by closure 1");
        let file = file.into_aio().finish(|file| file).await;
        assert_eq!(file.metadata()?.len(), 28);
        Ok(())
    })
}

#[test]
fn a_directory_is_listed_entry_by_entry() -> Result {
    let dir = tempfile::tempdir()?;
    for name in ["a", "b", "c"] {
        fs::write(dir.path().join(name), name)?;
    }
    let sorted = |mut names: Vec<_>| {
        names.sort();
        names
    };
    let sync = fs::read_dir(&dir)?.map(|entry| Ok(entry?.file_name())).collect::<std::io::Result<_>>()?;
    block_on(async {
        let path = dir.path().to_owned();
        let entries: Aio<ReadDir> = unblock(|| fs::read_dir(path)).await?.into();
        let mut names = Vec::new();
        while let Some(entry) = entries.call(Iterator::next, ()).await {
            names.push(entry?.file_name());
        }
        assert_eq!(sorted(names), sorted(sync));
        Ok(())
    })
}

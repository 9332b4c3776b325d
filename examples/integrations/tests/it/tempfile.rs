//! `NamedTempFile`, `SpooledTempFile`, `TempDir`.

use crate::support::{Result, text};
use aiofile::{Aio, unblock};
use pollster::block_on;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use tempfile::{NamedTempFile, SpooledData, SpooledTempFile, TempDir};

#[test]
fn named_file_is_written_read_and_persisted() -> Result {
    let dir = tempfile::tempdir()?;
    let mut sync = NamedTempFile::new_in(&dir)?;
    sync.write_all(text().as_bytes())?;
    sync.seek(SeekFrom::Start(7))?;
    let mut sync_rest = String::new();
    sync.read_to_string(&mut sync_rest)?;
    let sync_path = dir.path().join("sync");
    let sync_len = sync.persist(&sync_path)?.metadata()?.len();

    block_on(async {
        let own_path = dir.path().join("own");
        let file = Aio::new(NamedTempFile::new_in(&dir)?);
        file.call(Write::write_all, (text().into_bytes(),)).await?;
        file.call(Seek::seek, (SeekFrom::Start(7),)).await?;
        let (read, rest) = file.call(Read::read_to_string, (String::new(),)).await;
        assert_eq!((read?, &rest), (sync_rest.len(), &sync_rest));

        let mut typed = String::new();
        file.seek(SeekFrom::Start(7)).await?;
        file.read_to_string(&mut typed).await?;
        assert_eq!(typed, sync_rest);

        let temporary = file.with(|file| file.path().to_owned()).await;
        assert!(temporary.exists());
        let len = file.with(|file| file.as_file().metadata().map(|m| m.len())).await?;
        assert_eq!(len, sync_len);
        let mut again = String::new();
        file.call(NamedTempFile::reopen, ()).await?.read_to_string(&mut again)?;
        assert_eq!(again, text());

        let to = own_path.clone();
        let kept: File = file.finish(|file| file.persist(to)).await?;
        assert_eq!(kept.metadata()?.len(), sync_len);
        assert!(!temporary.exists());
        assert_eq!(std::fs::read(own_path)?, std::fs::read(sync_path)?);
        Ok(())
    })
}

#[test]
fn named_file_is_kept_taken_apart_or_closed() -> Result {
    let dir = tempfile::tempdir()?;
    block_on(async {
        let file = Aio::new(NamedTempFile::new_in(&dir)?);
        file.write_all("kept").await?;
        let (_, path) = file.finish(NamedTempFile::keep).await?;
        assert_eq!(std::fs::read(&path)?, b"kept");

        let file = Aio::new(NamedTempFile::new_in(&dir)?);
        let (_, path) = file.finish(NamedTempFile::into_parts).await;
        let path = Aio::new(path);
        let place = path.with(|path| path.to_path_buf()).await;
        assert!(place.exists());
        path.finish(tempfile::TempPath::close).await?;
        assert!(!place.exists());

        // The default: gone with its last handle.
        let file = Aio::new(NamedTempFile::new_in(&dir)?);
        let place = file.with(|file| file.path().to_owned()).await;
        file.close().await;
        assert!(!place.exists());
        Ok(())
    })
}

#[test]
fn a_persist_that_fails_gives_the_file_back() -> Result {
    let dir = tempfile::tempdir()?;
    let nowhere = dir.path().join("no/such/place");
    let sync = NamedTempFile::new_in(&dir)?.persist(&nowhere).unwrap_err();
    block_on(async {
        let file = Aio::new(NamedTempFile::new_in(&dir)?);
        file.write_all("still here").await?;
        let failed = file.finish(move |file| file.persist(nowhere)).await.unwrap_err();
        assert_eq!(failed.error.kind(), sync.error.kind());
        assert_eq!(std::fs::read(failed.file.path())?, b"still here");
        Ok(())
    })
}

#[test]
fn spooled_file_rolls_over() -> Result {
    let mut sync = SpooledTempFile::new(8);
    sync.write_all(b"memory")?;
    let sync_before = sync.is_rolled();
    sync.write_all(b" and disk")?;
    let sync_after = sync.is_rolled();
    sync.set_len(10)?;
    sync.rewind()?;
    let mut sync_text = String::new();
    sync.read_to_string(&mut sync_text)?;

    block_on(async {
        let file = Aio::new(SpooledTempFile::new(8));
        file.call(Write::write_all, (b"memory",)).await?;
        assert_eq!(file.call(SpooledTempFile::is_rolled, ()).await, sync_before);
        file.write_all(" and disk").await?;
        assert_eq!(file.call(SpooledTempFile::is_rolled, ()).await, sync_after);
        assert_ne!(sync_before, sync_after);
        file.call(SpooledTempFile::set_len, (10,)).await?;
        file.call(Seek::rewind, ()).await?;
        let (read, text) = file.call(Read::read_to_string, (String::new(),)).await;
        assert_eq!((read?, &text), (sync_text.len(), &sync_text));
        assert!(matches!(file.finish(SpooledTempFile::into_inner).await, SpooledData::OnDisk(_)));

        let file = Aio::new(SpooledTempFile::new(8));
        file.write_all("memory").await?;
        match file.clone().finish(SpooledTempFile::into_inner).await {
            SpooledData::InMemory(cursor) => assert_eq!(cursor.into_inner(), b"memory"),
            SpooledData::OnDisk(_) => panic!("six bytes of eight are in memory"),
        }
        assert!(file.is_closed());

        let file = Aio::new(SpooledTempFile::new(8));
        file.call(SpooledTempFile::roll, ()).await?;
        file.write_all("file").await?;
        let file = file.finish(SpooledTempFile::into_file).await?;
        assert_eq!(file.metadata()?.len(), 4);
        Ok(())
    })
}

#[test]
fn directory_is_made_and_removed_on_the_pool() -> Result {
    block_on(async {
        let dir = Aio::new(unblock(tempfile::tempdir).await?);
        let path = dir.with(|dir| dir.path().to_owned()).await;
        assert!(path.is_dir());
        dir.finish(TempDir::close).await?;
        assert!(!path.exists());
        Ok(())
    })
}

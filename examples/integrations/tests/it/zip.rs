//! `ZipWriter` and `ZipArchive`.

use crate::support::{Result, text};
use aiofile::{Aio, unblock};
use pollster::block_on;
use std::fs::File;
use std::io::{Cursor, Read, Write};
use std::path::PathBuf;
use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

fn options() -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).unix_permissions(0o644)
}

/// The archive of these tests, made without this crate.
fn archive() -> Result<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.set_comment("by hand")?;
    zip.add_directory("logs", options())?;
    zip.start_file("logs/a.txt", options())?;
    zip.write_all(text().as_bytes())?;
    zip.start_file("empty", options())?;
    zip.start_file("b.txt", options())?;
    zip.write_all(b"b, typed")?;
    Ok(zip.finish()?.into_inner())
}

#[test]
fn writer_writes_the_same_bytes() -> Result {
    block_on(async {
        let zip = Aio::new(ZipWriter::new(Cursor::new(Vec::new())));
        zip.call(ZipWriter::set_comment, ("by hand",)).await?;
        zip.call(ZipWriter::add_directory, ("logs", options())).await?;
        zip.call(ZipWriter::start_file, ("logs/a.txt", options())).await?;
        assert!(zip.call(ZipWriter::is_writing_file, ()).await);
        zip.call(Write::write_all, (text().into_bytes(),)).await?;
        zip.call(ZipWriter::start_file, (String::from("empty"), options())).await?;
        zip.with(|zip| zip.start_file("b.txt", options())).await?;
        zip.write_all("b, typed").await?;
        let comment = zip.with(|zip| zip.get_raw_comment().to_vec()).await;
        assert_eq!(comment, b"by hand");
        let bytes = zip.finish(ZipWriter::finish).await?.into_inner();
        assert_eq!(bytes, archive()?);
        Ok(())
    })
}

#[test]
fn writer_takes_the_last_file_back_and_gives_its_file() -> Result {
    let mut sync = ZipWriter::new(Cursor::new(Vec::new()));
    sync.start_file_from_path("kept", options())?;
    sync.write_all(b"kept")?;
    sync.start_file("regretted", options())?;
    sync.write_all(b"regretted")?;
    sync.abort_file()?;
    let sync = sync.finish()?.into_inner();
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("a.zip");
    block_on(async {
        let zip = Aio::new(ZipWriter::new(File::create(&path)?));
        zip.call(ZipWriter::start_file_from_path, (PathBuf::from("kept"), options())).await?;
        zip.write_all("kept").await?;
        zip.call(ZipWriter::start_file, ("regretted", options())).await?;
        zip.write_all("regretted").await?;
        zip.call(ZipWriter::abort_file, ()).await?;
        let file = zip.finish(ZipWriter::finish).await?;
        assert_eq!(file.metadata()?.len(), sync.len() as u64);
        assert_eq!(std::fs::read(&path)?, sync);
        assert_eq!(ZipArchive::new(Cursor::new(sync))?.len(), 1);
        Ok(())
    })
}

#[test]
fn archive_is_read_entry_by_entry() -> Result {
    let bytes = archive()?;
    let mut sync = ZipArchive::new(Cursor::new(bytes.clone()))?;
    let mut sync_text = String::new();
    sync.by_name("logs/a.txt")?.read_to_string(&mut sync_text)?;

    block_on(async {
        let zip = Aio::new(unblock(move || ZipArchive::new(Cursor::new(bytes))).await?);
        assert_eq!(zip.call(ZipArchive::len, ()).await, sync.len());
        assert_eq!(zip.call(ZipArchive::decompressed_size, ()).await, sync.decompressed_size());
        let index = zip.call(ZipArchive::index_for_name, ("logs/a.txt",)).await;
        assert_eq!(index, sync.index_for_name("logs/a.txt"));
        let index = index.unwrap();

        // An entry borrows its archive: it is read where it was made.
        let text = zip.with(move |zip| {
            let mut text = String::new();
            zip.by_index(index)?.read_to_string(&mut text)?;
            Ok::<_, ZipError>(text)
        });
        assert_eq!(text.await?, sync_text);
        assert_eq!(sync_text, crate::support::text());

        let comment = zip.with(|zip| zip.comment().to_vec()).await;
        assert_eq!(comment, sync.comment());
        let missing = zip.with(|zip| zip.by_name("c.txt").err().map(|e| e.to_string())).await;
        assert_eq!(missing, sync.by_name("c.txt").err().map(|e| e.to_string()));
        let inner = zip.finish(ZipArchive::into_inner).await;
        assert_eq!(inner.into_inner(), archive()?);
        Ok(())
    })
}

#[test]
fn archive_is_extracted() -> Result {
    let dir = tempfile::tempdir()?;
    let (sync, own) = (dir.path().join("sync"), dir.path().join("own"));
    ZipArchive::new(Cursor::new(archive()?))?.extract(&sync)?;
    block_on(async {
        let zip = Aio::new(ZipArchive::new(Cursor::new(archive()?))?);
        zip.call(ZipArchive::extract, (own.clone(),)).await?;
        for name in ["logs/a.txt", "empty", "b.txt"] {
            assert_eq!(std::fs::read(own.join(name))?, std::fs::read(sync.join(name))?, "{name}");
        }
        Ok(())
    })
}

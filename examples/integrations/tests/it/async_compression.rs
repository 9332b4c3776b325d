//! async-compression: gzip on top of files, readers and writers, in both flavours; what it makes is read by flate2
//! without this crate, and the other way round.

use crate::support::{Result, text};
use aiofile::Aio;
use flate2::Compression;
use std::fs;
use std::io::{Read, Write};
use std::path::Path;

fn gzip(text: &str) -> Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes())?;
    Ok(encoder.finish()?)
}

fn gunzip(path: &Path) -> Result<String> {
    let mut text = String::new();
    flate2::read::GzDecoder::new(fs::File::open(path)?).read_to_string(&mut text)?;
    Ok(text)
}

#[tokio::test]
async fn of_tokio_encodes_into_a_file_that_can_be_synced_then() -> Result {
    use async_compression::tokio::write::GzipEncoder;
    use tokio::io::AsyncWriteExt;
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("text.gz");
    let mut gz = GzipEncoder::new(aiofile::open(&path, "w").await?);
    for line in text().split_inclusive('\n') {
        gz.write_all(line.as_bytes()).await?;
    }
    gz.shutdown().await?; // writes gzip's end; the file stays open
    let file = gz.into_inner();
    file.sync_all().await?;
    file.close().await?;
    assert_eq!(gunzip(&path)?, text());
    Ok(())
}

#[tokio::test]
async fn of_tokio_encodes_into_a_writer_that_can_be_synced_then() -> Result {
    use async_compression::tokio::write::GzipEncoder;
    use tokio::io::AsyncWriteExt;
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("text.gz");
    let mut gz = GzipEncoder::new(aiofile::open(&path, "w").await?.writer());
    for line in text().split_inclusive('\n') {
        gz.write_all(line.as_bytes()).await?;
    }
    gz.shutdown().await?;
    let mut writer = gz.into_inner();
    writer.sync().await?;
    let progress = writer.progress();
    assert_eq!((progress.accepted, progress.synced), (fs::metadata(&path)?.len(), progress.accepted));
    writer.close().await?;
    assert_eq!(gunzip(&path)?, text());
    Ok(())
}

/// `close` of futures-io closes the file, and gives the error of close(2): it is synced by a second handle.
#[tokio::test]
async fn of_futures_encodes_into_a_file_that_is_closed_then() -> Result {
    use async_compression::futures::write::GzipEncoder;
    use futures::AsyncWriteExt;
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("text.gz");
    let file = aiofile::open(&path, "w").await?;
    let second = file.try_clone().await?;
    let mut gz = GzipEncoder::new(file);
    gz.write_all(text().as_bytes()).await?;
    gz.close().await?;
    assert!(gz.into_inner().is_closed());
    second.sync_all().await?;
    assert_eq!(gunzip(&path)?, text());
    Ok(())
}

#[tokio::test]
async fn of_futures_encodes_into_a_writer_that_is_closed_then() -> Result {
    use async_compression::futures::write::GzipEncoder;
    use futures::AsyncWriteExt;
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("text.gz");
    let file = aiofile::open(&path, "w").await?;
    let second = file.try_clone().await?;
    let mut gz = GzipEncoder::new(file.writer());
    for line in text().split_inclusive('\n') {
        gz.write_all(line.as_bytes()).await?;
    }
    gz.close().await?;
    second.sync_all().await?;
    assert_eq!(gz.into_inner().progress().written, fs::metadata(&path)?.len());
    assert_eq!(gunzip(&path)?, text());
    Ok(())
}

#[tokio::test]
async fn of_tokio_decodes_a_reader_and_leaves_it_behind_its_end() -> Result {
    use async_compression::tokio::bufread::GzipDecoder;
    use tokio::io::AsyncReadExt;
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("text.gz");
    fs::write(&path, [&gzip(&text())?[..], b"not compressed"].concat())?;
    let mut gz = GzipDecoder::new(aiofile::open(&path, "r").await?.reader());
    let mut read = String::new();
    gz.read_to_string(&mut read).await?;
    assert_eq!(read, text());

    // The file itself is there, too: what was read ahead goes back.
    let file = gz.into_inner().into_inner();
    let mut rest = String::new();
    file.read_to_string(&mut rest).await?;
    assert_eq!(rest, "not compressed");
    Ok(())
}

#[tokio::test]
async fn of_futures_decodes_a_reader() -> Result {
    use async_compression::futures::bufread::GzipDecoder;
    use futures::AsyncReadExt;
    let mut gz = GzipDecoder::new(Aio::new(std::io::Cursor::new(gzip(&text())?)).reader());
    let mut read = String::new();
    gz.read_to_string(&mut read).await?;
    assert_eq!(read, text());
    Ok(())
}

/// A file that ends too early is std's error, not an end.
#[tokio::test]
async fn a_text_cut_short_is_an_error() -> Result {
    use async_compression::tokio::bufread::GzipDecoder;
    use tokio::io::AsyncReadExt;
    let mut cut = gzip(&text())?;
    cut.truncate(cut.len() / 2);
    let sync = flate2::read::GzDecoder::new(&cut[..]).read_to_end(&mut Vec::new()).unwrap_err();
    let mut gz = GzipDecoder::new(Aio::new(std::io::Cursor::new(cut)).reader());
    let error = gz.read_to_end(&mut Vec::new()).await.unwrap_err();
    assert_eq!(error.kind(), sync.kind());
    Ok(())
}

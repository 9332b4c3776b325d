//! tokio-util: frames on files, readers and writers; the bridges between readers and streams.

use crate::support::{Result, text};
use aiofile::Aio;
use bytes::{Bytes, BytesMut};
use futures::{SinkExt, StreamExt, TryStreamExt};
use std::fs;
use std::io::{self, Cursor, Read, Write};
use tokio::io::AsyncReadExt;
use tokio_util::codec::{Framed, FramedRead, FramedWrite, LengthDelimitedCodec, LinesCodec};
use tokio_util::io::{ReaderStream, StreamReader};

/// Each line as a frame, made without this crate: its length in four bytes, and its text.
fn frames(text: &str) -> Result<Vec<u8>> {
    let mut frames = Vec::new();
    for line in text.lines() {
        frames.write_all(&u32::try_from(line.len())?.to_be_bytes())?;
        frames.write_all(line.as_bytes())?;
    }
    Ok(frames)
}

#[tokio::test]
async fn lines_are_framed_on_a_file() -> Result {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("lines");
    let mut lines = Framed::new(aiofile::open(&path, "w+").await?, LinesCodec::new());
    for line in text().lines() {
        lines.feed(line).await?;
    }
    SinkExt::<&str>::flush(&mut lines).await?;
    assert_eq!(fs::read_to_string(&path)?, text());

    lines.get_ref().rewind().await?;
    let read: Vec<String> = lines.try_collect().await?;
    assert_eq!(read, text().lines().collect::<Vec<_>>());
    Ok(())
}

#[tokio::test]
async fn lengths_are_framed_on_any_value() -> Result {
    let mut both = Framed::new(Aio::new(Cursor::new(Vec::new())), LengthDelimitedCodec::new());
    for line in text().lines() {
        both.feed(Bytes::copy_from_slice(line.as_bytes())).await?;
    }
    SinkExt::<Bytes>::close(&mut both).await?;
    both.get_ref().rewind().await?;
    let mut lines = text();
    while let Some(frame) = both.try_next().await? {
        let (line, rest) = lines.split_once('\n').ok_or("a frame too many")?;
        assert_eq!(frame, line);
        lines = rest.to_owned();
    }
    assert_eq!(lines, "");
    assert_eq!(both.into_inner().finish(Cursor::into_inner).await, frames(&text())?);
    Ok(())
}

#[tokio::test]
async fn lines_come_from_a_reader_and_go_to_a_writer() -> Result {
    let dir = tempfile::tempdir()?;
    let (from, to) = (dir.path().join("from"), dir.path().join("to"));
    fs::write(&from, text())?;
    let lines = FramedRead::new(aiofile::open(&from, "r").await?.reader(), LinesCodec::new());
    let mut out = FramedWrite::new(aiofile::open(&to, "w").await?.writer(), LinesCodec::new());
    lines.forward(&mut out).await?; // and closes: flushes, that is; the file stays open
    assert_eq!(fs::read_to_string(&to)?, text());
    out.get_mut().sync().await?;
    out.get_mut().close().await?;
    Ok(())
}

#[tokio::test]
async fn lengths_come_from_a_reader_and_go_to_a_writer() -> Result {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("frames");
    let writer = aiofile::open(&path, "w").await?.writer();
    let mut out = FramedWrite::new(writer, LengthDelimitedCodec::new());
    for line in text().lines() {
        out.feed(Bytes::copy_from_slice(line.as_bytes())).await?;
    }
    SinkExt::<Bytes>::close(&mut out).await?;
    assert_eq!(fs::read(&path)?, frames(&text())?);

    let frames = FramedRead::new(aiofile::open(&path, "r").await?.reader(), LengthDelimitedCodec::new());
    let lines: Vec<BytesMut> = frames.try_collect().await?;
    assert_eq!(lines, text().lines().collect::<Vec<_>>());
    Ok(())
}

/// A frame that the file ends in is an error, and what was decoded before it is there.
#[tokio::test]
async fn a_frame_cut_short_is_an_error() -> Result {
    let mut cut = frames("whole\ncut short")?;
    cut.truncate(cut.len() - 1);
    let reader = Aio::new(Cursor::new(cut)).reader();
    let mut frames = FramedRead::new(reader, LengthDelimitedCodec::new());
    assert_eq!(frames.try_next().await?.as_deref(), Some(&b"whole"[..]));
    assert!(frames.try_next().await.is_err());
    Ok(())
}

#[tokio::test]
async fn a_reader_is_a_stream() -> Result {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("text");
    fs::write(&path, text())?;

    async fn all(mut stream: impl futures::Stream<Item = io::Result<Bytes>> + Unpin) -> io::Result<Vec<u8>> {
        let mut all = Vec::new();
        while let Some(chunk) = stream.try_next().await? {
            assert!((1..=1000).contains(&chunk.len()));
            all.extend_from_slice(&chunk);
        }
        Ok(all)
    }
    let file = aiofile::open(&path, "r").await?;
    assert_eq!(all(ReaderStream::with_capacity(file, 1000)).await?, text().as_bytes());
    let reader = aiofile::open(&path, "r").await?.reader();
    assert_eq!(all(ReaderStream::with_capacity(reader, 1000)).await?, text().as_bytes());
    let value = Aio::new(fs::File::open(&path)?);
    assert_eq!(all(ReaderStream::with_capacity(value, 1000)).await?, text().as_bytes());

    // A part of it, as a range of HTTP wants it.
    let mut sync = vec![0; 2000];
    let mut from = fs::File::open(&path)?;
    from.read_exact(&mut [0; 70])?;
    from.read_exact(&mut sync)?;
    let mut reader = aiofile::open(&path, "r").await?.reader();
    reader.seek(io::SeekFrom::Start(70)).await?;
    assert_eq!(all(ReaderStream::with_capacity(reader.take(2000), 1000)).await?, sync);
    Ok(())
}

#[tokio::test]
async fn a_stream_is_a_reader() -> Result {
    let dir = tempfile::tempdir()?;
    let (from, to) = (dir.path().join("from"), dir.path().join("to"));
    fs::write(&from, text())?;
    let chunks = aiofile::open(&from, "r").await?.reader().chunks(999).map_ok(Bytes::from);
    let mut reader = StreamReader::new(chunks); // an `aiofile::Error` becomes an `io::Error`
    let mut writer = aiofile::open(&to, "w").await?.writer();
    let copied = tokio::io::copy_buf(&mut reader, &mut writer).await?;
    assert_eq!(copied, text().len() as u64);
    assert_eq!(fs::read(&to)?, fs::read(&from)?);
    Ok(())
}

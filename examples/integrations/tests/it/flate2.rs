//! `write::GzEncoder`, `read::GzDecoder`, `write::GzDecoder`.

use crate::support::{Result, text};
use aiofile::Aio;
use flate2::{Compression, GzBuilder, read, write};
use pollster::block_on;
use std::fs::File;
use std::io::{BufReader, Cursor, Read, Write};

fn builder() -> GzBuilder {
    GzBuilder::new().filename("log.txt").mtime(1_700_000_000)
}

/// The same text, compressed without this crate.
fn gzip(text: &str) -> Result<Vec<u8>> {
    let mut encoder = builder().write(Vec::new(), Compression::best());
    encoder.write_all(text.as_bytes())?;
    Ok(encoder.finish()?)
}

#[test]
fn encoder_writes_the_same_bytes() -> Result {
    let text = text();
    let mut sync = builder().write(Vec::new(), Compression::best());
    for line in text.lines() {
        sync.write_all(line.as_bytes())?;
    }
    sync.flush()?;
    let sync_len = sync.get_ref().len();
    sync.write_all(b"the end")?;
    sync.try_finish()?;

    block_on(async {
        let gz = Aio::new(builder().write(Vec::new(), Compression::best()));
        let mut lines = text.lines();
        gz.call(Write::write_all, (lines.next().unwrap().to_owned().into_bytes(),)).await?;
        for line in lines {
            gz.write_all(line).await?;
        }
        gz.call(Write::flush, ()).await?;
        assert_eq!(gz.with(|gz| gz.get_ref().len()).await, sync_len);
        assert_eq!(gz.call(Write::write, (b"the end",)).await?, 7);
        gz.call(write::GzEncoder::try_finish, ()).await?;
        assert_eq!(gz.finish(write::GzEncoder::finish).await?, sync.finish()?);
        Ok(())
    })
}

#[test]
fn encoder_gives_its_file_back() -> Result {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("log.gz");
    block_on(async {
        let gz = Aio::new(builder().write(File::create(&path)?, Compression::best()));
        gz.call(Write::write_all, (text().into_bytes(),)).await?;
        let file = gz.finish(write::GzEncoder::finish).await?;
        assert_eq!(file.metadata()?.len(), gzip(&text())?.len() as u64);
        assert_eq!(std::fs::read(&path)?, gzip(&text())?);
        Ok(())
    })
}

#[test]
fn encoder_that_is_only_closed_writes_its_end_on_the_pool() -> Result {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("log.gz");
    block_on(async {
        let gz = Aio::new(builder().write(File::create(&path)?, Compression::best()));
        // Not awaited, and queued all the same: the value is dropped behind it.
        drop(gz.write_all(text()));
        gz.close().await;
        assert_eq!(std::fs::read(&path)?, gzip(&text())?);
        Ok(())
    })
}

#[test]
fn decoder_of_a_reader_reads_the_same_bytes() -> Result {
    let (plain, packed) = (text(), gzip(&text())?);
    let mut sync = read::GzDecoder::new(Cursor::new(packed.clone()));
    let mut sync_head = [0; 16];
    let sync_read = sync.read(&mut sync_head)?;
    let mut sync_next = [0; 100];
    sync.read_exact(&mut sync_next)?;
    let mut sync_rest = Vec::new();
    sync.read_to_end(&mut sync_rest)?;

    block_on(async {
        let gz = Aio::new(read::GzDecoder::new(Cursor::new(packed)));
        let name = gz.with(|gz| gz.header().and_then(|header| header.filename()).map(<[u8]>::to_vec)).await;
        assert_eq!(name.as_deref(), sync.header().and_then(|header| header.filename()));

        let (read, head) = gz.call(Read::read, ([0; 16],)).await;
        assert_eq!((read?, head), (sync_read, sync_head));
        let mut next = [0; 100];
        gz.read_exact(&mut next).await?;
        assert_eq!(next, sync_next);
        let (read, rest) = gz.call(Read::read_to_end, (Vec::new(),)).await;
        assert_eq!((read?, &rest), (sync_rest.len(), &sync_rest));
        assert_eq!([&head[..], &next[..], &rest[..]].concat(), plain.as_bytes());

        let inner = gz.finish(read::GzDecoder::into_inner).await;
        assert_eq!(inner.position(), sync.into_inner().position());
        Ok(())
    })
}

#[test]
fn decoder_under_a_buffer_gives_lines() -> Result {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("log.gz");
    std::fs::write(&path, gzip(&text())?)?;
    block_on(async {
        let lines = Aio::new(BufReader::new(read::GzDecoder::new(File::open(&path)?)));
        let (read, first) = lines.call(std::io::BufRead::read_line, (String::new(),)).await;
        assert_eq!(read?, first.len());
        let mut rest = String::new();
        lines.read_to_string(&mut rest).await?;
        assert_eq!(first.clone() + &rest, text());
        assert_eq!(Some(first.trim_end()), text().lines().next());
        Ok(())
    })
}

#[test]
fn decoder_of_a_writer_writes_the_same_bytes() -> Result {
    let packed = gzip(&text())?;
    let (first, second) = packed.split_at(packed.len() / 2);
    let mut sync = write::GzDecoder::new(Vec::new());
    sync.write_all(first)?;
    sync.write_all(second)?;

    block_on(async {
        let gz = Aio::new(write::GzDecoder::new(Vec::new()));
        gz.call(Write::write_all, (first.to_vec(),)).await?;
        gz.write_all(second).await?;
        gz.call(write::GzDecoder::try_finish, ()).await?;
        assert_eq!(gz.finish(write::GzDecoder::finish).await?, sync.finish()?);
        Ok(())
    })
}

#[test]
fn broken_data_is_the_same_error() -> Result {
    let mut sync_text = String::new();
    let sync = read::GzDecoder::new(&b"no gzip at all"[..]).read_to_string(&mut sync_text).unwrap_err();
    block_on(async {
        let gz = Aio::new(read::GzDecoder::new(&b"no gzip at all"[..]));
        let (read, text) = gz.call(Read::read_to_string, (String::new(),)).await;
        let error = read.unwrap_err();
        assert_eq!((error.kind(), error.to_string()), (sync.kind(), sync.to_string()));
        assert_eq!(text, sync_text);
        Ok(())
    })
}

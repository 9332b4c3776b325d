//! A disk that is full: /dev/full, which says so to every write. Its number comes through whatever is on top.

use crate::support::{Result, text};
use aiofile::{Aio, File, Writer};
use bytes::Bytes;
use futures::SinkExt;
use std::io::{self, Cursor, Write};
use tokio_util::codec::{Framed, FramedWrite, LengthDelimitedCodec, LinesCodec, LinesCodecError};

async fn full() -> aiofile::Result<File> {
    aiofile::open("/dev/full", "w").await
}

async fn full_writer() -> aiofile::Result<Writer<File>> {
    Ok(full().await?.writer())
}

/// What std says.
fn number() -> Option<i32> {
    let mut full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let number = full.write_all(b"data").unwrap_err().raw_os_error();
    assert!(number.is_some());
    number
}

fn of_lines(error: LinesCodecError) -> io::Error {
    match error {
        LinesCodecError::Io(error) => error,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn under_frames() -> Result {
    let mut lines = Framed::new(full().await?, LinesCodec::new());
    assert_eq!(of_lines(lines.send(text()).await.unwrap_err()).raw_os_error(), number());
    let mut frames = Framed::new(full().await?.into_aio(), LengthDelimitedCodec::new());
    let error = frames.send(Bytes::from(text())).await.unwrap_err();
    assert_eq!(error.raw_os_error(), number());
    let mut lines = FramedWrite::new(full_writer().await?, LinesCodec::new());
    assert_eq!(of_lines(lines.send(text()).await.unwrap_err()).raw_os_error(), number());
    Ok(())
}

#[tokio::test]
async fn under_gzip() -> Result {
    {
        use async_compression::tokio::write::GzipEncoder;
        use tokio::io::AsyncWriteExt;
        let mut gz = GzipEncoder::new(full().await?);
        let result = async {
            gz.write_all(text().as_bytes()).await?;
            gz.shutdown().await
        }
        .await;
        assert_eq!(result.unwrap_err().raw_os_error(), number());
        let mut gz = GzipEncoder::new(full_writer().await?);
        let result = async {
            gz.write_all(text().as_bytes()).await?;
            gz.shutdown().await
        }
        .await;
        assert_eq!(result.unwrap_err().raw_os_error(), number());
    }
    {
        use async_compression::futures::write::GzipEncoder;
        use futures::AsyncWriteExt;
        let mut gz = GzipEncoder::new(full().await?);
        let result = async {
            gz.write_all(text().as_bytes()).await?;
            gz.close().await
        }
        .await;
        assert_eq!(result.unwrap_err().raw_os_error(), number());
        let mut gz = GzipEncoder::new(full_writer().await?);
        let result = async {
            gz.write_all(text().as_bytes()).await?;
            gz.close().await
        }
        .await;
        assert_eq!(result.unwrap_err().raw_os_error(), number());
    }
    Ok(())
}

#[tokio::test]
async fn under_every_copy() -> Result {
    let data = || Aio::new(Cursor::new(text()));
    let errors: [io::Error; 6] = [
        tokio::io::copy(&mut data(), &mut full().await?).await.unwrap_err(),
        tokio::io::copy(&mut data(), &mut full_writer().await?).await.unwrap_err(),
        tokio::io::copy_buf(&mut data().reader(), &mut full_writer().await?).await.unwrap_err(),
        futures::io::copy(data(), &mut full().await?).await.unwrap_err(),
        futures::io::copy_buf(data().reader(), &mut full_writer().await?).await.unwrap_err(),
        aiofile::copy(&mut data().reader(), &mut full_writer().await?).await.unwrap_err().into(),
    ];
    for error in errors {
        assert_eq!(error.raw_os_error(), number(), "{error}");
    }
    Ok(())
}

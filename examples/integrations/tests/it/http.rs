//! Bodies of HTTP: of axum, and of http-body, as hyper takes them. (Over a connection: the service's tests.)

use crate::support::{Result, text};
use aiofile::Aio;
use axum::body::Body;
use bytes::Bytes;
use futures::TryStreamExt;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use std::error::Error;
use std::io::{self, Read};
use tokio_util::io::StreamReader;

#[tokio::test]
async fn chunks_are_a_body_of_axum() -> Result {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("text");
    std::fs::write(&path, text())?;
    let chunks = aiofile::open(&path, "r").await?.reader().chunks(64 << 10);
    let body = Body::from_stream(chunks).collect().await?;
    assert_eq!(body.to_bytes(), std::fs::read(&path)?);
    Ok(())
}

#[tokio::test]
async fn chunks_are_a_body_of_hyper() -> Result {
    let chunks = Aio::new(io::Cursor::new(text())).reader().chunks(1000);
    let mut body = StreamBody::new(chunks.map_ok(|chunk| Frame::data(Bytes::from(chunk))));
    let mut all = Vec::new();
    while let Some(frame) = body.frame().await {
        let data = frame?.into_data().map_err(|_| "chunks are data")?;
        assert!(data.len() == 1000 || all.len() + data.len() == text().len());
        all.extend_from_slice(&data);
    }
    assert_eq!(all, text().as_bytes());
    Ok(())
}

#[tokio::test]
async fn a_body_is_written_to_a_file() -> Result {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("text");
    let body = TryStreamExt::map_err(Body::from(text()).into_data_stream(), io::Error::other);
    let mut writer = aiofile::open(&path, "w").await?.writer();
    tokio::io::copy_buf(&mut StreamReader::new(body), &mut writer).await?;
    writer.close().await?;
    assert_eq!(std::fs::read_to_string(&path)?, text());
    Ok(())
}

/// What was read before it is there, and the error is whole: its number, its operation.
#[tokio::test]
async fn an_error_of_the_reader_is_one_of_the_body() -> Result {
    struct Fails(bool);
    impl Read for Fails {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if std::mem::replace(&mut self.0, true) {
                return Err(io::Error::from_raw_os_error(5));
            }
            buffer[..4].copy_from_slice(b"data");
            Ok(4)
        }
    }
    let mut body = Body::from_stream(Aio::new(Fails(false)).reader().chunks(4));
    let first = body.frame().await.ok_or("no frame")??;
    assert_eq!(first.into_data().map_err(|_| "no data")?, "data");
    let error = body.frame().await.ok_or("no frame")?.unwrap_err();
    let mut causes = std::iter::successors(Some(&error as &dyn Error), |&error| error.source());
    let error = causes.find_map(|cause| cause.downcast_ref::<aiofile::Error>()).ok_or("another error")?;
    assert_eq!((error.raw_os_error(), error.operation()), (Some(5), aiofile::Operation::Read));
    Ok(())
}

//! An object store: an upload, a download, what is not there. The same for a folder and for S3 and its kind.
//!
//! `cargo run --manifest-path examples/remote/Cargo.toml --example object_store`, in a temporary folder; and in a bucket
//! with `S3_BUCKET` set, and AWS's own variables: `AWS_REGION`, `AWS_ENDPOINT_URL`, `AWS_ACCESS_KEY_ID`, ...

use aiofile::{Aio, unblock};
use opendal::blocking::{Operator, StdWriter};
use opendal::layers::RetryLayer;
use opendal::services::{Fs, S3};
use std::error::Error;
use std::io::ErrorKind;

const NAME: &str = "aiofile-example/lines.txt";
const LINES: usize = 100_000;

/// A file in this folder has its name when it is complete, and not before; in a bucket that is always so.
fn store(folder: &str) -> opendal::Result<opendal::Operator> {
    let store = match std::env::var("S3_BUCKET") {
        Ok(bucket) => opendal::Operator::new(S3::default().bucket(&bucket))?,
        Err(_) => {
            let begun = format!("{folder}/begun");
            opendal::Operator::new(Fs::default().root(folder).atomic_write_dir(&begun))?
        }
    };
    // The retries belong beneath: after an error, a writer of OpenDAL is not to be gone on with.
    Ok(store.layer(RetryLayer::new()))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    opendal_http_transport_reqwest::install_default(); // OpenDAL's HTTP, which is a crate of its own
    let dir = unblock(tempfile::tempdir).await?;
    let store = store(dir.path().to_str().ok_or("a path that is no text")?)?;
    let store = Aio::new(Operator::new(store)?); // it runs on this runtime, and is called on the pool

    // Up: lines at memory speed. It is the writer's own close that makes an object of them.
    let object = store.call(Operator::writer, (NAME,)).await?.into_std_write();
    let mut out = Aio::new(object).writer();
    for n in 0..LINES {
        out.write_all(format!("line {n}\n").as_bytes()).await?;
    }
    let bytes = out.progress().accepted;
    let object = out.into_inner().await?;
    object.call(StdWriter::close, ()).await?;
    assert_eq!(store.call(Operator::stat, (NAME,)).await?.content_length(), bytes);

    // Down, line by line, read ahead on the pool.
    let object = store.with(|store| store.reader(NAME)?.into_std_read(..)).await?;
    let mut lines = Aio::new(object).reader().lines();
    let mut count = 0;
    while let Some(line) = lines.next_line().await? {
        assert_eq!(line, format!("line {count}"));
        count += 1;
    }
    println!("{count} lines, {bytes} bytes: up, and down again");
    store.call(Operator::delete, (NAME,)).await?;

    // What goes wrong there is known here.
    let object = Aio::new(store.with(|store| store.reader(NAME)?.into_std_read(..)).await?);
    match object.read_to_end(&mut Vec::new()).await {
        Err(error) if error.kind() == ErrorKind::NotFound => println!("deleted: {error}"),
        other => return Err(format!("{NAME} is still there: {other:?}").into()),
    }

    // What is dropped and not closed is no object; it is dropped on the pool.
    let object = Aio::new(store.call(Operator::writer, (NAME,)).await?.into_std_write());
    object.write_all("half of it").await?;
    object.close().await;
    assert!(!store.call(Operator::exists, (NAME,)).await?);
    println!("dropped: no object");
    Ok(unblock(|| dir.close()).await?)
}

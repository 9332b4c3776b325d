//! tokio's own `copy`, in all its forms.

use crate::support::{Result, text};
use aiofile::Aio;
use std::fs;
use std::io::Cursor;
use tokio::io::{
    AsyncBufReadExt, AsyncReadExt, AsyncSeekExt, AsyncWriteExt, copy, copy_bidirectional, copy_buf, duplex,
    join, split,
};

#[tokio::test]
async fn copies_between_files() -> Result {
    let dir = tempfile::tempdir()?;
    let (from, to) = (dir.path().join("from"), dir.path().join("to"));
    fs::write(&from, text())?;
    let mut file = aiofile::open(&from, "r").await?;
    let mut copied = aiofile::open(&to, "w").await?;
    assert_eq!(copy(&mut file, &mut copied).await?, text().len() as u64);
    assert_eq!(fs::read(&to)?, fs::read(&from)?);
    Ok(())
}

#[tokio::test]
async fn copies_from_a_reader_to_a_writer() -> Result {
    let dir = tempfile::tempdir()?;
    let (from, to) = (dir.path().join("from"), dir.path().join("to"));
    fs::write(&from, text())?;
    let mut reader = aiofile::open(&from, "r").await?.reader();
    let mut writer = aiofile::open(&to, "w").await?.writer();
    assert_eq!(copy(&mut reader, &mut writer).await?, text().len() as u64);
    assert_eq!(fs::read(&to)?, fs::read(&from)?);
    // Once more, behind the first: without a copy in between.
    AsyncSeekExt::rewind(&mut reader).await?;
    assert_eq!(copy_buf(&mut reader, &mut writer).await?, text().len() as u64);
    assert_eq!(fs::read_to_string(&to)?, text() + &text());
    Ok(())
}

#[tokio::test]
async fn copies_between_any_values() -> Result {
    let mut from = Aio::new(Cursor::new(text()));
    let mut to = Aio::new(Vec::new());
    copy(&mut from, &mut to).await?;
    assert_eq!(to.finish(|to| to).await, text().as_bytes());
    Ok(())
}

/// Two files at one end of a connection: one is sent while the other is received. (A handle's calls run one at a
/// time: one handle for both directions of a socket would not write while it waits for what it reads.)
#[tokio::test]
async fn copies_both_ways() -> Result {
    let dir = tempfile::tempdir()?;
    let (sent, received) = (dir.path().join("sent"), dir.path().join("received"));
    fs::write(&sent, text())?;
    let (mut near, mut far) = duplex(100);
    let peer = tokio::spawn(async move {
        let mut all = Vec::new();
        far.read_to_end(&mut all).await?;
        far.write_all(b"got ").await?;
        far.write_all(&all).await?;
        std::io::Result::Ok(())
    });
    let mut files =
        join(aiofile::open(&sent, "r").await?.reader(), aiofile::open(&received, "w").await?.writer());
    let (out, back) = copy_bidirectional(&mut files, &mut near).await?;
    peer.await??;
    assert_eq!((out, back), (text().len() as u64, text().len() as u64 + 4));
    assert_eq!(fs::read_to_string(&received)?, format!("got {}", text()));
    Ok(())
}

/// A connection of std, awaited in both directions: one handle for each.
#[cfg(unix)]
#[tokio::test]
async fn copies_both_ways_over_a_socket_of_std() -> Result {
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;
    let (here, mut there) = UnixStream::pair()?;
    let client = std::thread::spawn(move || {
        there.write_all(b"question")?;
        let mut answer = [0; 6];
        there.read_exact(&mut answer)?;
        there.shutdown(std::net::Shutdown::Write)?;
        let mut end = Vec::new();
        there.read_to_end(&mut end)?;
        std::io::Result::Ok((answer, end))
    });
    let (near, mut far) = duplex(100);
    let service = tokio::spawn(async move {
        far.read_exact(&mut [0; 8]).await?;
        far.write_all(b"answer").await?;
        // The client's end comes through; then ours goes back.
        assert_eq!(far.read(&mut [0; 8]).await?, 0);
        far.write_all(b"bye").await
    });
    let mut connection = join(Aio::new(here.try_clone()?), Aio::new(here));
    let mut near = near;
    assert_eq!(copy_bidirectional(&mut connection, &mut near).await?, (8, 9));
    service.await??;
    drop(connection);
    let (answer, end) = client.join().map_err(|_| "the client has panicked")??;
    assert_eq!((&answer[..], &end[..]), (&b"answer"[..], &b"bye"[..]));
    Ok(())
}

#[tokio::test]
async fn its_adapters_take_our_types() -> Result {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("text");
    fs::write(&path, text())?;

    let head = aiofile::open(&path, "r").await?.take(10);
    let tail = aiofile::open(&path, "r").await?.reader().take(10);
    let mut both = String::new();
    head.chain(tail).read_to_string(&mut both).await?;
    assert_eq!(both, text()[..10].repeat(2));

    let mut lines = AsyncBufReadExt::lines(aiofile::open(&path, "r").await?.reader());
    let mut read = Vec::new();
    while let Some(line) = lines.next_line().await? {
        read.push(line);
    }
    assert_eq!(read, text().lines().collect::<Vec<_>>());

    let numbers = dir.path().join("numbers");
    let (from, mut to) = split(aiofile::open(&numbers, "w+").await?);
    to.write_u32(0xAF).await?;
    to.write_f64_le(0.5).await?;
    let mut file = from.unsplit(to);
    AsyncSeekExt::seek(&mut file, std::io::SeekFrom::Start(0)).await?;
    assert_eq!((file.read_u32().await?, file.read_f64_le().await?), (0xAF, 0.5));
    let sync = [&0xAF_u32.to_be_bytes()[..], &0.5_f64.to_le_bytes()].concat();
    assert_eq!(fs::read(&numbers)?, sync);
    let (mut from, _to) = split(file);
    assert_eq!(from.read(&mut [0]).await?, 0);
    Ok(())
}

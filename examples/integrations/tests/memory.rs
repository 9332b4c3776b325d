//! A large file through the service of the example `orders`: uploaded, and downloaded in 16 ranges at once. A process
//! of its own, because its memory is measured: that of the service and of its clients together.

#![cfg(target_os = "linux")]

#[path = "../examples/orders/client.rs"]
mod client;
#[path = "../examples/orders/service.rs"]
mod service;

use aiofile::{File, Pool, temp, unblock};
use axum::body::Body;
use client::{Result, send};
use flate2::CrcReader;
use futures::future::try_join_all;
use http_body_util::BodyExt;
use hyper::header::{CONTENT_RANGE, RANGE};
use hyper::{Request, StatusCode};
use service::{Files, serve};
use std::fs;
use std::io::{self, BufWriter, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::path::PathBuf;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, oneshot};

/// In bytes.
const MIB: u64 = 1 << 20;
/// How much the process may grow, in bytes.
const MOST: u64 = 64 * MIB;
const RANGES: u64 = 16;

#[tokio::test(flavor = "multi_thread")]
async fn of_64_mib() -> Result {
    there_and_back(64 * MIB).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes 3 GiB of the disk: cargo test --release --test memory -- --ignored --nocapture"]
async fn of_1_gib() -> Result {
    there_and_back(1024 * MIB).await
}

async fn there_and_back(len: u64) -> Result {
    static ALONE: Mutex<()> = Mutex::const_new(());
    let _alone = ALONE.lock().await;
    let dir = temp::tempdir().await?;
    let (source, copy) = (dir.path().join("source"), dir.path().join("copy"));
    let to = source.clone();
    unblock(move || make(to, len)).await?;

    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let (stop, stopped) = oneshot::channel::<()>();
    let files = Files { dir: dir.path().into(), pool: Pool::new(16) };
    let server = tokio::spawn(serve(listener, files, async { drop(stopped.await) }));

    fs::write("/proc/self/clear_refs", "5")?; // the peak is what is used now
    let before = peak()?;
    let body = Body::from_stream(aiofile::open(&source, "r").await?.reader().chunks(64 << 10));
    let answer = send(address, Request::put("/files/stored").body(body)?).await?;
    assert_eq!(answer.status(), StatusCode::CREATED);

    let file = aiofile::open(&copy, "w").await?;
    let part = len / RANGES;
    let ranges = (0..RANGES).map(|n| n * part..(n + 1) * part);
    try_join_all(ranges.map(|range| fetch(address, range, len, file.clone()))).await?;
    file.close().await?;
    let grown = peak()? - before;

    let sums = [source, dir.path().join("stored"), copy].map(|path| unblock(|| checksum(path)));
    let sums = try_join_all(sums).await?;
    eprintln!("{} MiB: checksums {sums:08x?}, {:.1} MiB of memory", len / MIB, grown as f64 / MIB as f64);
    assert!(sums.iter().all(|sum| *sum == sums[0]), "the content differs");
    assert!(grown < MOST, "the process has grown by {grown} bytes");
    drop(stop);
    server.await??;
    Ok(dir.close().await?)
}

/// Downloads a range, to where it belongs.
async fn fetch(from: SocketAddr, range: Range<u64>, len: u64, to: File) -> Result {
    let (first, last) = (range.start, range.end - 1);
    let request = Request::get("/files/stored").header(RANGE, format!("bytes={first}-{last}"));
    let answer = send(from, request.body(String::new())?).await?;
    assert_eq!(answer.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(answer.headers()[CONTENT_RANGE], format!("bytes {first}-{last}/{len}"));
    let mut body = answer.into_body();
    let mut at = first;
    while let Some(frame) = body.frame().await {
        let data = frame?.into_data().map_err(|_| "trailers were sent")?;
        let count = data.len() as u64;
        to.write_all_at(data, at).await?;
        at += count;
    }
    assert_eq!(at, range.end);
    Ok(())
}

/// Bytes in which no two parts are the same (xorshift).
fn make(path: PathBuf, len: u64) -> io::Result<()> {
    let mut file = BufWriter::new(fs::File::create(path)?);
    let mut x = 88172645463325252_u64;
    for _ in 0..len / 8 {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        file.write_all(&x.to_le_bytes())?;
    }
    file.flush()
}

fn checksum(path: PathBuf) -> io::Result<u32> {
    let mut file = CrcReader::new(fs::File::open(path)?);
    io::copy(&mut file, &mut io::sink())?;
    Ok(file.crc().sum())
}

/// The most memory that this process has used, in bytes.
fn peak() -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? << 10)
}

//! The service of the example `orders`, over loopback. (Large files: `tests/memory.rs`.)

#[path = "../../examples/orders/client.rs"]
mod client;
#[path = "../../examples/orders/service.rs"]
mod service;

use crate::support::text;
use aiofile::Pool;
use axum::body::Body;
use bytes::Bytes;
use client::{Result, send};
use futures::channel::mpsc;
use futures::future::try_join_all;
use futures::{SinkExt, StreamExt};
use http_body_util::BodyExt;
use hyper::header::{CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, RANGE};
use hyper::{HeaderMap, Request, StatusCode};
use service::{Files, serve};
use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// The service on a directory, until it is stopped.
struct Service {
    address: SocketAddr,
    dir: PathBuf,
    stop: oneshot::Sender<()>,
    server: JoinHandle<io::Result<()>>,
}

impl Service {
    async fn start(dir: &Path) -> Result<Service> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let files = Files { dir: dir.into(), pool: Pool::new(4) };
        let server = tokio::spawn(serve(listener, files, async { drop(stopped.await) }));
        Ok(Service { address, dir: dir.into(), stop, server })
    }

    /// Returns when all connections have ended, and all work on files.
    async fn stop(self) -> Result {
        drop(self.stop);
        Ok(self.server.await??)
    }

    async fn put(&self, name: &str, body: impl Into<Body>) -> Result<StatusCode> {
        let request = Request::put(format!("/files/{name}")).body(body.into())?;
        let answer = send(self.address, request).await?;
        let status = answer.status();
        answer.into_body().collect().await?;
        Ok(status)
    }

    async fn get(&self, name: &str, range: Option<&str>) -> Result<(StatusCode, HeaderMap, Bytes)> {
        let mut request = Request::get(format!("/files/{name}"));
        if let Some(range) = range {
            request = request.header(RANGE, range);
        }
        let answer = send(self.address, request.body(Body::empty())?).await?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        Ok((status, headers, answer.into_body().collect().await?.to_bytes()))
    }

    async fn order(&self, body: &'static str) -> Result<(StatusCode, Bytes)> {
        let request = Request::post("/orders").header(CONTENT_TYPE, "application/json");
        let answer = send(self.address, request.body(Body::from(body))?).await?;
        Ok((answer.status(), answer.into_body().collect().await?.to_bytes()))
    }

    /// The names of all that is in the directory.
    fn names(&self) -> Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.dir)? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names)
    }
}

/// Two jobs of 1 s each, ten times: one after the other they would take 20 s.
#[tokio::test]
async fn the_jobs_of_all_orders_run_at_once() -> Result {
    let dir = tempfile::tempdir()?;
    let service = Service::start(dir.path()).await?;
    let start = Instant::now();
    let orders = (0..10).map(|_| service.order(r#"{"item": "tea", "count": 7}"#));
    for (status, body) in try_join_all(orders).await? {
        assert_eq!((status, &body[..]), (StatusCode::CREATED, &br#"{"left":93,"price":21}"#[..]));
    }
    let time = start.elapsed();
    assert!(time >= Duration::from_secs(1) && time < Duration::from_secs(2), "{time:?}");

    let (status, body) = service.order(r#"{"item": "tea", "count": 101}"#).await?;
    assert_eq!((status, &body[..]), (StatusCode::CONFLICT, &b"there are not 101 of tea\n"[..]));
    assert!(service.order("no order").await?.0.is_client_error());
    service.stop().await
}

#[tokio::test]
async fn a_file_is_stored_and_given() -> Result {
    let dir = tempfile::tempdir()?;
    let service = Service::start(dir.path()).await?;
    assert_eq!(service.get("text", None).await?.0, StatusCode::NOT_FOUND);
    assert_eq!(service.put("text", "old").await?, StatusCode::CREATED);
    assert_eq!(service.put("text", text()).await?, StatusCode::NO_CONTENT);
    assert_eq!(fs::read_to_string(dir.path().join("text"))?, text());
    let (status, headers, body) = service.get("text", None).await?;
    assert_eq!((status, &body[..]), (StatusCode::OK, text().as_bytes()));
    assert_eq!(headers[CONTENT_LENGTH], text().len().to_string());

    assert_eq!(service.put("empty", "").await?, StatusCode::CREATED);
    assert_eq!(service.get("empty", None).await?.2, "");
    fs::create_dir(dir.path().join("directory"))?;
    assert_eq!(service.get("directory", None).await?.0, StatusCode::NOT_FOUND);
    assert_eq!(service.names()?, ["directory", "empty", "text"]);
    service.stop().await
}

#[tokio::test]
async fn a_range_is_that_part_of_the_file() -> Result {
    let dir = tempfile::tempdir()?;
    let service = Service::start(dir.path()).await?;
    fs::write(dir.path().join("digits"), "0123456789")?;
    let parts = [
        ("0-0", "0-0", "0"),
        ("2-4", "2-4", "234"),
        ("7-", "7-9", "789"),
        ("8-100", "8-9", "89"),
        ("0-18446744073709551615", "0-9", "0123456789"),
        ("-3", "7-9", "789"),
        ("-100", "0-9", "0123456789"),
    ];
    for (asked, given, part) in parts {
        let (status, headers, body) = service.get("digits", Some(&format!("bytes={asked}"))).await?;
        assert_eq!((status, &body[..]), (StatusCode::PARTIAL_CONTENT, part.as_bytes()), "{asked}");
        assert_eq!(headers[CONTENT_RANGE], format!("bytes {given}/10"), "{asked}");
        assert_eq!(headers[CONTENT_LENGTH], part.len().to_string(), "{asked}");
    }
    for asked in ["10-", "10-20", "18446744073709551615-", "-0"] {
        let (status, headers, body) = service.get("digits", Some(&format!("bytes={asked}"))).await?;
        assert_eq!((status, &body[..]), (StatusCode::RANGE_NOT_SATISFIABLE, &b""[..]), "{asked}");
        assert_eq!(headers[CONTENT_RANGE], "bytes */10", "{asked}");
    }
    // What is no range, and what is several, is as if it were not there (RFC 9110, 14.2).
    for asked in ["bytes=4-2", "bytes=0-1,4-5", "bytes=-", "bytes=a-b", "bytes=1", "lines=1-2", ""] {
        let (status, headers, body) = service.get("digits", Some(asked)).await?;
        assert_eq!((status, &body[..]), (StatusCode::OK, &b"0123456789"[..]), "{asked}");
        assert!(!headers.contains_key(CONTENT_RANGE), "{asked}");
    }
    service.stop().await
}

#[tokio::test]
async fn no_name_leads_out_of_the_directory() -> Result {
    let outer = tempfile::tempdir()?;
    let dir = outer.path().join("files");
    fs::create_dir(&dir)?;
    fs::write(outer.path().join("secret"), "secret")?;
    let service = Service::start(&dir).await?;
    let absolute = outer.path().join("secret").to_string_lossy().replace('/', "%2f");
    let long = "x".repeat(300);
    let names = [
        "..%2fsecret",
        "..%2Fsecret",
        "../secret",
        "..",
        ".",
        "%2e%2e%2fsecret",
        "..%5csecret",
        "a%2f..%2f..%2fsecret",
        "a/b",
        "/etc/passwd",
        "C:secret",
        "a%00b",
        "%00",
        "%ff",
        ".upload-abcdef",
        &absolute,
        &long,
    ];
    for name in names {
        assert_eq!(service.get(name, None).await?.0, StatusCode::BAD_REQUEST, "{name}");
        assert_eq!(service.put(name, "evil").await?, StatusCode::BAD_REQUEST, "{name}");
    }
    assert_eq!(fs::read_to_string(outer.path().join("secret"))?, "secret");
    assert_eq!(fs::read_dir(outer.path())?.count(), 2);
    assert_eq!(service.names()?.len(), 0);
    service.stop().await
}

/// The client hangs up when a part of its file is on the disk. The service stops only when it has noticed, and when its
/// pool has done all that was begun: what is there then, stays.
#[tokio::test]
async fn a_client_that_is_killed_leaves_no_partial_file() -> Result {
    let dir = tempfile::tempdir()?;
    let service = Service::start(dir.path()).await?;
    assert_eq!(service.put("a", "old").await?, StatusCode::CREATED);

    let (mut sender, receiver) = mpsc::channel(1);
    let body = Body::from_stream(receiver.map(io::Result::Ok));
    let upload = tokio::spawn(send(service.address, Request::put("/files/a").body(body)?));
    // More than the buffers of both sides and of the system hold: some of it has to be in a file.
    for _ in 0..256 {
        sender.send(Bytes::from_static(&[7; 256 << 10])).await?;
    }
    let names = service.names()?;
    assert!(names.len() == 2 && names[0].starts_with(".upload-") && names[1] == "a", "{names:?}");
    assert!(dir.path().join(&names[0]).metadata()?.len() > 1 << 20);

    upload.abort();
    assert!(upload.await.is_err_and(|error| error.is_cancelled()));
    let kept = sender; // the body does not end: the connection does
    let files = service.dir.clone();
    service.stop().await?;
    drop(kept);
    assert_eq!(fs::read_dir(&files)?.count(), 1);
    assert_eq!(fs::read_to_string(files.join("a"))?, "old");
    Ok(())
}

/// On a file system of 2 MiB. It is mounted for a process of its own, and gone with it: this test, once more.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_leaves_the_old_content() -> Result {
    const DIR: &str = "AIOFILE_SMALL_DISK";
    let Some(dir) = std::env::var_os(DIR) else {
        let dir = tempfile::tempdir()?;
        let mount = "mount -t tmpfs -o size=2m none \"$0\" || exit 77; exec \"$@\"";
        let again = std::process::Command::new("unshare")
            .args(["--map-root-user", "--mount", "sh", "-c", mount])
            .arg(dir.path())
            .arg(std::env::current_exe()?)
            .args(["--exact", "orders::a_full_disk_leaves_the_old_content", "--nocapture"])
            .env(DIR, dir.path())
            .output();
        let why = match again {
            Err(error) => error.to_string(),
            Ok(again) => {
                let said = String::from_utf8_lossy(&again.stderr).into_owned();
                match again.status.code() {
                    Some(0) if said.contains("507") => return Ok(()),
                    Some(1 | 77) => said, // of `unshare`, and of `mount`
                    _ => return Err(said.into()),
                }
            }
        };
        // Past the test harness, which keeps to itself what a test prints.
        use std::io::Write;
        writeln!(io::stderr(), "1 test is skipped, for no small file system can be mounted: {}", why.trim())?;
        return Ok(());
    };

    let service = Service::start(Path::new(&dir)).await?;
    assert_eq!(service.put("a", "old").await?, StatusCode::CREATED);
    let status = service.put("a", vec![7; 8 << 20]).await?;
    assert_eq!(status, StatusCode::INSUFFICIENT_STORAGE);
    // Also for a client that does not say how much it sends.
    let pieces = futures::stream::iter(vec![Bytes::from_static(&[7; 64 << 10]); 128]);
    let status = service.put("b", Body::from_stream(pieces.map(io::Result::Ok))).await?;
    assert_eq!(status, StatusCode::INSUFFICIENT_STORAGE);
    assert_eq!(service.get("a", None).await?.2, "old");
    // Nothing is left that would take room.
    assert_eq!(service.put("a", vec![8; 1 << 20]).await?, StatusCode::NO_CONTENT);
    assert_eq!(service.names()?, ["a"]);
    eprintln!("{}", status.as_u16()); // for the process that has started this one: it was run
    service.stop().await
}

//! The service: its routes, and what each of them does.

use aiofile::{OpenOptions, Pool, fs, temp, unblock};
use axum::body::{Body, BodyDataStream};
use axum::extract::{Json, Path, State};
use axum::http::header::{ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, RANGE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{BoxError, Router};
use futures::{StreamExt, TryStreamExt};
use serde::{Deserialize, Serialize};
use std::future::Future;
use std::io::{self, ErrorKind, SeekFrom};
use std::ops::Range;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio_util::io::ReaderStream;

/// How much of a file is read and sent at once, in bytes: what a slow client keeps in memory.
const PIECE: usize = 128 << 10;

/// Where the files are, and the threads that their reading and writing is left to.
#[derive(Clone)]
pub struct Files {
    pub dir: PathBuf,
    pub pool: Pool,
}

/// Serves until it is told to stop. Then what was begun is done, with its client and on the disk.
pub async fn serve(
    listener: TcpListener,
    files: Files,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    axum::serve(listener, router(files.clone())).with_graceful_shutdown(stop).await?;
    match files.pool.shutdown(Duration::from_secs(30)).await.as_slice() {
        [] => Ok(()),
        stuck => Err(io::Error::other(format!("not done: {stuck:?}"))),
    }
}

fn router(files: Files) -> Router {
    Router::new()
        .route("/orders", post(order))
        .route("/files/{*name}", get(download).put(upload))
        .with_state(files)
}

#[derive(Clone, Deserialize)]
struct Order {
    item: String,
    count: u32,
}

#[derive(Serialize)]
struct Confirmed {
    left: u32,
    price: u32,
}

/// Two slow jobs at once: the answer takes as long as the longer one. They block threads of the process's pool, and
/// not those that serve requests.
async fn order(Json(order): Json<Order>) -> Result<(StatusCode, Json<Confirmed>), Failure> {
    let again = order.clone();
    let (left, price) = tokio::try_join!(unblock(|| reserve(order)), unblock(|| charge(again)))?;
    Ok((StatusCode::CREATED, Json(Confirmed { left, price })))
}

fn reserve(order: Order) -> Result<u32, Failure> {
    thread::sleep(Duration::from_secs(1)); // a warehouse is asked
    let short = || Failure(StatusCode::CONFLICT, format!("there are not {} of {}", order.count, order.item));
    100_u32.checked_sub(order.count).ok_or_else(short)
}

fn charge(order: Order) -> Result<u32, Failure> {
    thread::sleep(Duration::from_secs(1)); // a bank is asked
    Ok(order.count.saturating_mul(3))
}

/// All of a file, or the one range of it that is asked for.
async fn download(
    State(files): State<Files>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let path = files.path(&name)?;
    let file = OpenOptions::new().read(true).pool(&files.pool).open(&path).await?;
    let metadata = file.metadata().await?;
    if !metadata.is_file() {
        return Err(Failure(StatusCode::NOT_FOUND, format!("not a file: {name:?}")));
    }
    let len = metadata.len();
    let (status, range) = match range(headers.get(RANGE), len) {
        None => (StatusCode::OK, 0..len),
        Some(range) if range.is_empty() => {
            let headers = [(CONTENT_RANGE, format!("bytes */{len}"))];
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, headers).into_response());
        }
        Some(range) => (StatusCode::PARTIAL_CONTENT, range),
    };

    file.seek(SeekFrom::Start(range.start)).await?;
    let count = range.end - range.start;
    let body = Body::from_stream(ReaderStream::with_capacity(file.take(count), PIECE));
    let headers = [(ACCEPT_RANGES, "bytes".to_owned()), (CONTENT_LENGTH, count.to_string())];
    let part = format!("bytes {}-{}/{len}", range.start, range.end.saturating_sub(1));
    let part = (status == StatusCode::PARTIAL_CONTENT).then_some([(CONTENT_RANGE, part)]);
    Ok((status, headers, part, body).into_response())
}

/// The bytes of a range, `first-last`, `first-` or `-count`: none if the file has none of them. Of other headers,
/// and of more than one range, a server may make nothing.
fn range(header: Option<&HeaderValue>, len: u64) -> Option<Range<u64>> {
    let (first, last) = header?.to_str().ok()?.strip_prefix("bytes=")?.split_once('-')?;
    match (first.parse(), last.parse()) {
        (Ok(first), Ok(last)) if first <= last => Some(first..len.min(u64::saturating_add(last, 1))),
        (Ok(first), Err(_)) if last.is_empty() => Some(first..len),
        (Err(_), Ok(count)) if first.is_empty() => Some(len.saturating_sub(count)..len),
        _ => None,
    }
}

/// A file gets its name when all of it is on the disk: one that was interrupted leaves what was there before.
async fn upload(
    State(files): State<Files>,
    Path(name): Path<String>,
    body: Body,
) -> Result<StatusCode, Failure> {
    let path = files.path(&name)?;
    let new = !fs::exists(&path).await?;
    let mut body = body.into_data_stream();
    let stored = files.store(path, &mut body).await;
    if stored.is_err() {
        // A client that is still sending reads the answer when it is done.
        while let Some(Ok(_)) = body.next().await {}
    }
    stored.map(|()| if new { StatusCode::CREATED } else { StatusCode::NO_CONTENT })
}

impl Files {
    /// Dropped on the way, as when the client is gone, the temporary file is removed.
    async fn store(&self, path: PathBuf, body: &mut BodyDataStream) -> Result<(), Failure> {
        let file = temp::Builder::new().prefix(".upload-").pool(&self.pool).tempfile_in(&self.dir).await?;
        let mut writer = file.as_file().clone().writer();
        while let Some(bytes) = body.try_next().await? {
            writer.write_all(&bytes).await?;
        }
        writer.sync().await?;
        file.persist(path).await.map_err(|refused| refused.error)?;
        #[cfg(unix)]
        aiofile::open(&self.dir, "r").await?.sync_all().await?; // the name, too
        Ok(())
    }

    /// A name is one plain part of a path: none leads out of the directory, or to an upload that is going on.
    fn path(&self, name: &str) -> Result<PathBuf, Failure> {
        if name.starts_with('.') || name.contains(['/', '\\', ':', '\0']) {
            return Err(Failure(StatusCode::BAD_REQUEST, format!("not a name of a file: {name:?}")));
        }
        Ok(self.dir.join(name))
    }
}

/// What goes wrong: a status, and what to say of it.
struct Failure(StatusCode, String);

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (self.0, self.1 + "\n").into_response()
    }
}

/// Of our own side: the error names paths, which are for the log.
impl From<aiofile::Error> for Failure {
    fn from(error: aiofile::Error) -> Self {
        let status = match error.kind() {
            ErrorKind::NotFound => StatusCode::NOT_FOUND,
            ErrorKind::InvalidFilename => StatusCode::BAD_REQUEST,
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => StatusCode::INSUFFICIENT_STORAGE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        if status.is_server_error() {
            eprintln!("{error}");
        }
        Failure(status, status.canonical_reason().unwrap_or_default().to_owned())
    }
}

/// Of the client's: its body ended early.
impl From<axum::Error> for Failure {
    fn from(error: axum::Error) -> Self {
        Failure(StatusCode::BAD_REQUEST, BoxError::from(error).to_string())
    }
}

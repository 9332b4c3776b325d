//! A service on top of axum: orders, each of two slow jobs at once; files, streamed in and out.
//!
//! ```text
//! cargo run --manifest-path examples/integrations/Cargo.toml --example orders                         # asks itself
//! cargo run --manifest-path examples/integrations/Cargo.toml --example orders -- 127.0.0.1:8080 files # serves
//! ```

#[path = "orders/client.rs"]
mod client;
#[path = "orders/service.rs"]
mod service;

use aiofile::{Pool, fs, temp};
use client::{Result, send};
use http_body_util::BodyExt;
use hyper::header::{CONTENT_TYPE, RANGE};
use hyper::{Request, http};
use service::{Files, serve};
use std::net::{Ipv4Addr, SocketAddr};
use tokio::net::TcpListener;
use tokio::signal::ctrl_c;
use tokio::sync::oneshot;

#[tokio::main]
async fn main() -> Result {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.as_slice() {
        [] => ask_itself().await,
        [address, dir] => {
            fs::create_dir_all(dir).await?;
            let files = Files { dir: dir.into(), pool: Pool::new(16) };
            let stop = async { drop(ctrl_c().await) };
            Ok(serve(TcpListener::bind(address).await?, files, stop).await?)
        }
        _ => Err("usage: orders [ADDRESS DIRECTORY]".into()),
    }
}

async fn ask_itself() -> Result {
    let dir = temp::tempdir().await?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let to = listener.local_addr()?;
    let (stop, stopped) = oneshot::channel::<()>();
    let files = Files { dir: dir.path().into(), pool: Pool::new(16) };
    let server = tokio::spawn(serve(listener, files, async { drop(stopped.await) }));

    let order = Request::post("/orders").header(CONTENT_TYPE, "application/json");
    ask(to, order, r#"{"item": "tea", "count": 7}"#).await?;
    let order = Request::post("/orders").header(CONTENT_TYPE, "application/json");
    ask(to, order, r#"{"item": "tea", "count": 700}"#).await?;
    ask(to, Request::put("/files/song.txt"), "light, more light").await?;
    ask(to, Request::get("/files/song.txt"), "").await?;
    ask(to, Request::get("/files/song.txt").header(RANGE, "bytes=-10"), "").await?;
    ask(to, Request::get("/files/..%2fsong.txt"), "").await?;

    drop(stop);
    server.await??;
    Ok(dir.close().await?)
}

/// Prints what was asked, and the answer.
async fn ask(to: SocketAddr, request: http::request::Builder, body: &str) -> Result {
    let request = request.body(body.to_owned())?;
    let asked = format!("{} {}", request.method(), request.uri());
    let answer = send(to, request).await?;
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await?.to_bytes();
    println!("{}", format!("{asked}: {status} {}", String::from_utf8_lossy(&body)).trim_end());
    Ok(())
}

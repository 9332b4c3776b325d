//! A client, in a few lines: hyper, with a connection for each request.

use hyper::body::{Body, Incoming};
use hyper::client::conn::http1;
use hyper::header::{HOST, HeaderValue};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::error::Error;
use std::net::SocketAddr;
use tokio::net::TcpStream;

pub type Result<T = ()> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Sends a request, and gives the head of the answer.
pub async fn send<B>(to: SocketAddr, mut request: Request<B>) -> Result<Response<Incoming>>
where
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    request.headers_mut().insert(HOST, HeaderValue::try_from(to.to_string())?);
    let stream = TokioIo::new(TcpStream::connect(to).await?);
    let (mut sender, connection) = http1::handshake(stream).await?;
    tokio::spawn(connection); // it ends with the answer, or when nobody waits for that any more
    Ok(sender.send_request(request).await?)
}

//! `TcpStream`, `TcpListener`, `UdpSocket`, `UnixStream`.

use crate::support::{Result, text};
use aiofile::Aio;
use futures_lite::future;
use pollster::block_on;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream, UdpSocket};
use std::time::Duration;

/// Both ends of a connection over the loopback.
fn tcp() -> io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let near = TcpStream::connect(listener.local_addr()?)?;
    Ok((near, listener.accept()?.0))
}

#[test]
fn tcp_stream() -> Result {
    let (mut sync_near, mut sync_far) = tcp()?;
    sync_near.set_nodelay(true)?;
    sync_near.write_all(b"hello")?;
    let mut sync_peeked = [0; 8];
    let sync_len = sync_far.peek(&mut sync_peeked)?;
    sync_near.shutdown(Shutdown::Write)?;
    let mut sync_text = String::new();
    sync_far.read_to_string(&mut sync_text)?;

    let (near, far) = tcp()?;
    block_on(async {
        let (near, far) = (Aio::new(near), Aio::new(far));
        near.call(TcpStream::set_nodelay, (true,)).await?;
        assert_eq!(near.call(TcpStream::nodelay, ()).await?, sync_near.nodelay()?);
        far.call(TcpStream::set_read_timeout, (Some(Duration::from_secs(60)),)).await?;
        assert_eq!(far.call(TcpStream::read_timeout, ()).await?, Some(Duration::from_secs(60)));
        assert_eq!(near.call(TcpStream::peer_addr, ()).await?, far.call(TcpStream::local_addr, ()).await?);

        near.call(Write::write_all, (b"hello",)).await?;
        let (peeked, bytes) = far.call(TcpStream::peek, ([0; 8],)).await;
        assert_eq!((peeked?, bytes), (sync_len, sync_peeked));
        near.call(TcpStream::shutdown, (Shutdown::Write,)).await?;
        let mut text = String::new();
        far.read_to_string(&mut text).await?;
        assert_eq!(text, sync_text);

        let refused = near.call(Write::write, (b"more",)).await.unwrap_err();
        assert_eq!(refused.kind(), sync_near.write(b"more").unwrap_err().kind());
        let (own, sync) = (near.call(TcpStream::take_error, ()).await?, sync_near.take_error()?);
        assert_eq!(own.map(|e| e.kind()), sync.map(|e| e.kind()));

        // The other direction is still open, by value and by a second descriptor.
        let back = Aio::new(far.call(TcpStream::try_clone, ()).await?);
        back.write_all("back").await?;
        back.call(TcpStream::shutdown, (Shutdown::Write,)).await?;
        let read = near.finish(|mut near| {
            let mut text = String::new();
            near.read_to_string(&mut text).map(|_| text)
        });
        assert_eq!(read.await?, "back");
        Ok(())
    })
}

#[test]
fn tcp_listener_waits_on_the_pool() -> Result {
    block_on(async {
        let listener = Aio::new(TcpListener::bind("127.0.0.1:0")?);
        let address = listener.call(TcpListener::local_addr, ()).await?;
        let accepted = listener.call(TcpListener::accept, ());
        let connected = aiofile::unblock(move || TcpStream::connect(address));
        let (accepted, connected) = future::zip(accepted, connected).await;
        assert_eq!(accepted?.1, connected?.local_addr()?);
        Ok(())
    })
}

#[test]
fn a_megabyte_goes_there_while_it_comes_back() -> Result {
    let sent = text().repeat(8).into_bytes();
    let (near, far) = tcp()?;
    block_on(async {
        let (near, far) = (Aio::new(near), Aio::new(far));
        let write = async {
            near.write_all(&sent).await?;
            Ok(near.call(TcpStream::shutdown, (Shutdown::Write,)).await?)
        };
        let read = async { far.call(Read::read_to_end, (Vec::new(),)).await };
        let (wrote, (read, received)): (Result, _) = future::zip(write, read).await;
        wrote?;
        assert_eq!(read?, sent.len());
        assert!(received == sent);
        Ok(())
    })
}

#[test]
fn udp_socket() -> Result {
    let (sync, other) = (UdpSocket::bind("127.0.0.1:0")?, UdpSocket::bind("127.0.0.1:0")?);
    sync.send_to(b"datagram", other.local_addr()?)?;
    let mut sync_bytes = [0; 16];
    let (sync_len, _) = other.recv_from(&mut sync_bytes)?;
    block_on(async {
        let near = Aio::new(UdpSocket::bind("127.0.0.1:0")?);
        let far = Aio::new(UdpSocket::bind("127.0.0.1:0")?);
        let to = far.call(UdpSocket::local_addr, ()).await?;
        // Lent and by value in one call; then by `&mut`, so it comes back.
        assert_eq!(near.call(UdpSocket::send_to, (b"datagram", to)).await?, 8);
        let (received, bytes) = far.call(UdpSocket::recv_from, ([0; 16],)).await;
        let (len, from) = received?;
        assert_eq!((len, bytes), (sync_len, sync_bytes));
        assert_eq!(from, near.call(UdpSocket::local_addr, ()).await?);
        Ok(())
    })
}

#[cfg(unix)]
#[test]
fn unix_stream() -> Result {
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixStream;

    let (mut sync_near, mut sync_far) = UnixStream::pair()?;
    sync_near.write_all(text().as_bytes().get(..1000).unwrap())?;
    sync_near.shutdown(Shutdown::Both)?;
    let mut sync_head = [0; 10];
    sync_far.read_exact(&mut sync_head)?;
    let mut sync_rest = Vec::new();
    sync_far.read_to_end(&mut sync_rest)?;

    block_on(async {
        let (near, far) = UnixStream::pair()?;
        let (near, far) = (Aio::new(near), Aio::new(far));
        near.call(Write::write_all, (text().into_bytes()[..1000].to_vec(),)).await?;
        near.call(UnixStream::shutdown, (Shutdown::Both,)).await?;
        let mut head = [0; 10];
        far.read_exact(&mut head).await?;
        assert_eq!(head, sync_head);
        let (read, rest) = far.call(Read::read_to_end, (Vec::new(),)).await;
        assert_eq!((read?, rest), (sync_rest.len(), sync_rest));
        assert!(far.call(UnixStream::take_error, ()).await?.is_none());
        let unnamed = far.with(|far| far.local_addr().map(|a| a.is_unnamed())).await?;
        assert_eq!(unnamed, sync_far.local_addr()?.is_unnamed());

        // By value into a descriptor and back: the same socket, at its end.
        let mut far = UnixStream::from(far.finish(OwnedFd::from).await);
        assert_eq!(far.read(&mut [0; 1])?, sync_far.read(&mut [0; 1])?);
        Ok(())
    })
}

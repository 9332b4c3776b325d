//! A file on another machine, by SFTP: an upload that has its name when it is complete, a download, what is not there.
//!
//! `cargo run --manifest-path examples/remote/Cargo.toml --example sftp -- HOST PORT USER KEY KNOWN_HOSTS DIR`
//!
//! `KEY` is a file with a private key, `KNOWN_HOSTS` is in OpenSSH's format, `DIR` is a directory over there.

use aiofile::{Aio, unblock};
use ssh2::{CheckResult, File, KnownHostFileKind, Session, Sftp};
use std::io::{self, ErrorKind};
use std::net::TcpStream;
use std::path::{Path, PathBuf};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

const LINES: usize = 10_000;

/// All of it blocks, and so it runs on the pool.
fn connect(host: &str, port: u16, user: &str, key: &Path, known_hosts: &Path) -> Result<Sftp> {
    let mut session = Session::new()?;
    session.set_timeout(30_000); // or a server that says nothing has a thread for ever
    session.set_tcp_stream(TcpStream::connect((host, port))?);
    session.handshake()?;

    let mut known = session.known_hosts()?;
    known.read_file(known_hosts, KnownHostFileKind::OpenSSH)?;
    let (its_key, _) = session.host_key().ok_or("the server shows no key")?;
    if !matches!(known.check_port(host, port, its_key), CheckResult::Match) {
        return Err("this is another server".into());
    }
    session.userauth_pubkey_file(user, None, key, None)?;
    Ok(session.sftp()?)
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [host, port, user, key, known_hosts, dir] = <[String; 6]>::try_from(arguments)
        .map_err(|_| "six arguments: HOST PORT USER KEY KNOWN_HOSTS DIR")?;
    let (port, dir) = (port.parse()?, PathBuf::from(dir));
    pollster::block_on(async {
        let connect = unblock(move || connect(&host, port, &user, key.as_ref(), known_hosts.as_ref()));
        let sftp = Aio::new(connect.await?);
        let (part, whole) = (dir.join("lines.txt.part"), dir.join("lines.txt"));

        // Up, by another name at first: nobody ever sees half of it.
        let file = sftp.call(Sftp::create, (part.clone(),)).await?;
        let mut out = Aio::new(file).writer();
        for n in 0..LINES {
            out.write_all(format!("line {n}\n").as_bytes()).await?;
        }
        let bytes = out.progress().accepted;
        let file = out.into_inner().await?;
        file.call(File::fsync, ()).await?;
        file.call(File::close, ()).await?; // the drop of an ssh2 file closes as well, and tells no error
        sftp.call(Sftp::rename, (part, whole.clone(), None)).await?;
        assert_eq!(sftp.call(Sftp::stat, (whole.clone(),)).await?.size, Some(bytes));

        // Down, line by line, read ahead on the pool.
        let file = sftp.call(Sftp::open, (whole.clone(),)).await?;
        let mut lines = Aio::new(file).reader().lines();
        let mut count = 0;
        while let Some(line) = lines.next_line().await? {
            assert_eq!(line, format!("line {count}"));
            count += 1;
        }
        println!("{count} lines, {bytes} bytes: up, and down again");
        sftp.call(Sftp::unlink, (whole.clone(),)).await?;

        // What goes wrong there is known here: with the protocol's number, or as an error of std.
        match sftp.call(Sftp::open, (whole,)).await.map_err(io::Error::from) {
            Err(error) if error.kind() == ErrorKind::NotFound => println!("removed: {error}"),
            Err(error) => return Err(error.into()),
            Ok(_) => return Err("it is still there".into()),
        }
        Ok(())
    })
}

//! Files of another machine, by ssh2.

use crate::ssh_server::Server;
use crate::support::{Result, assert_same, data, hold, line};
use aiofile::{Aio, Operation, Pool};
use pollster::block_on;
use ssh2::{ErrorCode, File, FileStat, OpenFlags, OpenType, Session, Sftp};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

/// More than one window of a connection.
const LARGE: usize = 6 << 20;

// The protocol's own numbers.
const NO_SUCH_FILE: ErrorCode = ErrorCode::SFTP(2);
const PERMISSION_DENIED: ErrorCode = ErrorCode::SFTP(3);

/// A server, and a connection to it.
struct Far {
    sftp: Aio<Sftp>,
    server: Server,
}

impl Far {
    fn connect(server: Server) -> Result<Self> {
        let mut session = Session::new()?;
        session.set_timeout(10_000);
        session.set_tcp_stream(TcpStream::connect(server.address())?);
        let connected = session
            .handshake()
            .and_then(|()| session.userauth_pubkey_file(server.user(), None, &server.key(), None))
            .and_then(|()| session.sftp());
        match connected {
            Ok(sftp) => Ok(Far { sftp: Aio::new(sftp), server }),
            Err(error) => Err(format!("{error}\n{}", server.log()).into()),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.server.files().join(name)
    }

    async fn create(&self, name: &str) -> Result<Aio<File>> {
        Ok(Aio::new(self.sftp.call(Sftp::create, (self.path(name),)).await?))
    }

    async fn open(&self, name: &str) -> Result<Aio<File>> {
        Ok(Aio::new(self.sftp.call(Sftp::open, (self.path(name),)).await?))
    }
}

macro_rules! tests {
    ($($test:ident)*) => {
        mod sshd {
            $(#[test] fn $test() -> super::Result {
                match super::Server::start()? {
                    Some(server) => super::block_on(super::$test(super::Far::connect(server)?)),
                    None => Ok(()),
                }
            })*
        }
    };
}

tests! {
    typed_methods_write_and_read_the_whole
    paths_are_forwarded
    lines_are_streamed
    a_local_file_is_copied_there_and_back
    files_share_a_connection
    what_is_missing_is_said_to_be
    what_is_forbidden_is_said_to_be
    a_dropped_wait_drops_no_write
    a_cancelled_write_is_not_done
    calls_run_in_the_order_made
    a_close_tells_its_error
    a_server_gone_in_the_middle_of_a_write_is_an_error
    a_server_gone_in_the_middle_of_a_read_is_an_error
}

async fn typed_methods_write_and_read_the_whole(far: Far) -> Result {
    let data = data(LARGE);
    let file = far.create("whole").await?;
    file.write_all(data.clone()).await?;
    file.call(File::fsync, ()).await?;
    file.call(File::close, ()).await?;
    assert_same(&std::fs::read(far.path("whole"))?, &data);

    let file = far.open("whole").await?;
    let mut read = Vec::new();
    assert_eq!(file.read_to_end(&mut read).await?, LARGE);
    assert_same(&read, &data);

    let mut some = [0; 1000];
    assert_eq!(file.seek(SeekFrom::Start(3 << 20)).await?, 3 << 20);
    file.read_exact(&mut some).await?;
    assert_same(&some, &data[3 << 20..][..1000]);
    assert_eq!(file.stream_position().await?, (3 << 20) + 1000);
    let mut end = String::new();
    file.seek(SeekFrom::End(-10)).await?;
    file.read_to_string(&mut end).await?;
    assert_same(end.as_bytes(), &data[LARGE - 10..]);
    Ok(())
}

/// Of the connection and of the file; and by value.
async fn paths_are_forwarded(far: Far) -> Result {
    let sftp = &far.sftp;
    sftp.call(Sftp::mkdir, (far.path("dir"), 0o755)).await?;
    let flags = OpenFlags::READ | OpenFlags::WRITE | OpenFlags::CREATE;
    let open = sftp.call(Sftp::open_mode, (far.path("dir/a"), flags, 0o640, OpenType::File));
    let file = Aio::new(open.await?);
    file.call(Write::write_all, (b"some text".to_vec(),)).await?;
    file.call(Seek::seek, (SeekFrom::Start(5),)).await?;
    let (read, text) = file.call(Read::read_to_string, (String::new(),)).await;
    assert_eq!((read?, text.as_str()), (4, "text"));
    let stat = file.call(File::stat, ()).await?;
    assert_eq!((stat.size, stat.perm.map(|mode| mode & 0o777)), (Some(9), Some(0o640)));
    let shorter = FileStat { size: Some(4), uid: None, gid: None, perm: None, atime: None, mtime: None };
    file.call(File::setstat, (shorter,)).await?;
    file.finish(|mut file| file.close()).await?;
    assert_eq!(std::fs::read_to_string(far.path("dir/a"))?, "some");

    sftp.call(Sftp::rename, (far.path("dir/a"), far.path("dir/b"), None)).await?;
    let entries = sftp.call(Sftp::readdir, (far.path("dir"),)).await?;
    let names: Vec<_> = entries.iter().map(|(path, stat)| (path.as_path(), stat.size)).collect();
    assert_eq!(names, [(far.path("dir/b").as_path(), Some(4))]);
    assert_eq!(sftp.call(Sftp::realpath, (far.path("dir/../dir"),)).await?, far.path("dir").canonicalize()?);
    sftp.call(Sftp::unlink, (far.path("dir/b"),)).await?;
    sftp.call(Sftp::rmdir, (far.path("dir"),)).await?;
    assert!(!far.path("dir").exists());
    Ok(())
}

async fn lines_are_streamed(far: Far) -> Result {
    const LINES: usize = 100_000;
    let mut writer = far.create("lines").await?.writer();
    for n in 0..LINES {
        writer.write_all(line(n).as_bytes()).await?;
    }
    let file = writer.into_inner().await?;
    file.call(File::close, ()).await?;
    assert_same(&std::fs::read(far.path("lines"))?, (0..LINES).map(line).collect::<String>().as_bytes());

    let mut lines = far.open("lines").await?.reader().lines();
    let mut n = 0;
    while let Some(read) = lines.next_line().await? {
        assert_eq!(read + "\n", line(n));
        n += 1;
    }
    assert_eq!(n, LINES);
    Ok(())
}

async fn a_local_file_is_copied_there_and_back(far: Far) -> Result {
    let data = data(LARGE);
    let dir = tempfile::tempdir()?;
    let (from, to) = (dir.path().join("from"), dir.path().join("to"));
    std::fs::write(&from, &data)?;

    let mut reader = aiofile::open(&from, "r").await?.reader();
    let mut writer = far.create("copy").await?.writer();
    assert_eq!(aiofile::copy(&mut reader, &mut writer).await?, LARGE as u64);
    assert_eq!(writer.progress().written, LARGE as u64);
    writer.close().await?;
    assert_same(&std::fs::read(far.path("copy"))?, &data);

    let mut reader = far.open("copy").await?.reader();
    let mut writer = aiofile::open(&to, "w").await?.writer();
    aiofile::copy(&mut reader, &mut writer).await?;
    writer.close().await?;
    assert_same(&std::fs::read(&to)?, &data);
    Ok(())
}

async fn files_share_a_connection(far: Far) -> Result {
    let files = [far.create("0").await?, far.create("1").await?, far.create("2").await?];
    let calls: Vec<_> = (0..300).map(|n| files[n % 3].write_all(line(n))).collect();
    for call in calls {
        call.await?;
    }
    for (first, file) in files.into_iter().enumerate() {
        file.call(File::close, ()).await?;
        let lines: String = (first..300).step_by(3).map(line).collect();
        assert_same(&std::fs::read(far.path(&first.to_string()))?, lines.as_bytes());
    }
    Ok(())
}

/// With the number of the protocol, and as std's kind.
async fn what_is_missing_is_said_to_be(far: Far) -> Result {
    for error in [
        far.sftp.call(Sftp::open, (far.path("nothing"),)).await.err(),
        far.sftp.call(Sftp::create, (far.path("nothing/at all"),)).await.err(),
        far.sftp.call(Sftp::stat, (far.path("nothing"),)).await.err(),
        far.sftp.call(Sftp::unlink, (far.path("nothing"),)).await.err(),
    ] {
        let error = error.ok_or("there is something")?;
        assert_eq!(error.code(), NO_SUCH_FILE);
        assert_eq!(io::Error::from(error).kind(), ErrorKind::NotFound);
    }
    Ok(())
}

async fn what_is_forbidden_is_said_to_be(far: Far) -> Result {
    let path = far.path("secret");
    far.create("secret").await?.write_all("secret").await?;
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o000))?;
    let error = far.sftp.call(Sftp::open, (path.clone(),)).await.err().ok_or("it can be read")?;
    assert_eq!(error.code(), PERMISSION_DENIED);
    let error = far.sftp.call(Sftp::create, (path.clone(),)).await.err().ok_or("it can be written")?;
    assert_eq!(error.code(), PERMISSION_DENIED);

    // By a typed method: OpenSSH's word for what is not open to be written.
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o400))?;
    let file = far.open("secret").await?;
    let error = file.write_all("more").await.unwrap_err();
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::NotFound, "write: no such file"));
    let mut writer = file.clone().writer();
    writer.write_all(b"more").await?;
    assert_eq!(writer.flush().await.unwrap_err().to_string(), "write: no such file");
    assert_eq!(writer.progress().written, 0);
    let mut text = String::new();
    file.read_to_string(&mut text).await?; // and it goes on
    assert_eq!(text, "secret");
    Ok(())
}

async fn a_dropped_wait_drops_no_write(far: Far) -> Result {
    let data = data(LARGE);
    let file = far.create("abandoned").await?;
    for piece in data.chunks(100_000) {
        drop(file.write_all(piece));
    }
    drop(file.call(File::close, ()));
    file.close().await; // after all of that
    assert_same(&std::fs::read(far.path("abandoned"))?, &data);

    // And without any close.
    let one = Pool::new(1);
    let file = Aio::on(&one, far.sftp.call(Sftp::create, (far.path("dropped"),)).await?);
    drop(file.write_all(data.clone()));
    drop(file);
    one.run(|| ()).await; // after all of that
    assert_same(&std::fs::read(far.path("dropped"))?, &data);
    Ok(())
}

async fn a_cancelled_write_is_not_done(far: Far) -> Result {
    let file = far.create("cancelled").await?;
    let (resume, held) = hold(&file);
    let first = file.write_all("first, ");
    let mut second = file.write_all("second, ");
    let third = file.write_all("third");
    assert!(second.cancel());
    drop(resume);
    held.await;
    first.await?;
    let error = second.await.unwrap_err();
    assert!(error.call_error().is_some_and(|error| error.is_cancelled()), "{error}");
    third.await?;
    file.call(File::close, ()).await?;
    assert_eq!(std::fs::read_to_string(far.path("cancelled"))?, "first, third");
    Ok(())
}

/// In all forms, awaited backwards.
async fn calls_run_in_the_order_made(far: Far) -> Result {
    let file = far.create("ordered").await?;
    let mut calls = Vec::new();
    for n in 0..300 {
        let line = line(n);
        calls.push(match n % 3 {
            0 => file.write_all(line).map(|result| Ok(result?)),
            1 => file.call(Write::write_all, (line.into_bytes(),)).map(|result| Ok(result?)),
            _ => file.with(move |file| Ok(file.write_all(line.as_bytes())?)),
        });
    }
    file.call(File::close, ()).await?;
    for call in calls.into_iter().rev() {
        let result: Result = call.await;
        result?;
    }
    assert_eq!(std::fs::read_to_string(far.path("ordered"))?, (0..300).map(line).collect::<String>());
    Ok(())
}

/// The drop of a file of ssh2 keeps it to itself.
async fn a_close_tells_its_error(mut far: Far) -> Result {
    let (told, dropped) = (far.create("told").await?, far.create("dropped").await?);
    told.write_all("text").await?;
    far.server.cut();
    told.call(File::close, ()).await.unwrap_err();
    dropped.close().await; // is no error, and no hang
    Ok(())
}

/// It is an error at every end, again and again, and never `Ok`; and it is known how far the writer was.
async fn a_server_gone_in_the_middle_of_a_write_is_an_error(mut far: Far) -> Result {
    let data = data(3 * LARGE);
    let mut writer = far.create("half").await?.writer();
    writer.write_all(&data[..LARGE]).await?;
    writer.flush().await?;
    assert_eq!(writer.progress().written, LARGE as u64);
    assert_same(&std::fs::read(far.path("half"))?, &data[..LARGE]);

    far.server.cut();
    let error = match writer.write_all(&data[LARGE..]).await {
        Ok(()) => writer.flush().await.unwrap_err(),
        Err(error) => error,
    };
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Other, Operation::Write));
    let progress = writer.progress();
    assert_eq!(progress.written, LARGE as u64);
    assert!(progress.written < progress.accepted, "{progress:?}");
    writer.write_all(b"more").await.unwrap_err();
    writer.flush().await.unwrap_err();
    writer.close().await.unwrap_err();
    let writer = writer.into_inner().await.err().ok_or("not all is written")?.into_inner();
    assert_eq!(writer.progress().written, LARGE as u64);

    far.sftp.call(Sftp::stat, (far.path("half"),)).await.unwrap_err();
    assert_same(&std::fs::read(far.path("half"))?, &data[..LARGE]);
    Ok(())
}

/// Never an end that is none.
async fn a_server_gone_in_the_middle_of_a_read_is_an_error(mut far: Far) -> Result {
    let data = data(4 * LARGE);
    std::fs::write(far.path("half"), &data)?;
    let (typed, mut stream) = (far.open("half").await?, far.open("half").await?.reader());
    let mut begin = vec![0; 1 << 20];
    typed.read_exact(&mut begin).await?;
    assert_same(&begin, &data[..1 << 20]);
    stream.read_exact(&mut begin).await?;
    assert_same(&begin, &data[..1 << 20]);

    far.server.cut();
    let mut rest = Vec::new();
    let error = typed.read_to_end(&mut rest).await.unwrap_err();
    assert_eq!(error.operation(), Operation::Read);
    assert_same(&rest, &data[1 << 20..][..rest.len()]);
    assert!(rest.len() < data.len() - (1 << 20));

    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap_err();
    assert_same(&rest, &data[1 << 20..][..rest.len()]);
    assert!(rest.len() < data.len() - (1 << 20));
    Ok(())
}

/// A far side that says nothing costs a pool thread for as long as the session's own timeout.
#[test]
fn a_server_that_says_nothing_times_out() -> Result {
    block_on(async {
        let silent = TcpListener::bind(("127.0.0.1", 0))?;
        let mut session = Session::new()?;
        session.set_timeout(200);
        session.set_tcp_stream(TcpStream::connect(silent.local_addr()?)?);
        let session = Aio::new(session);
        let error = session.call(Session::handshake, ()).await.unwrap_err();
        assert_eq!(io::Error::from(error).kind(), ErrorKind::TimedOut);
        session.close().await;
        Ok(())
    })
}

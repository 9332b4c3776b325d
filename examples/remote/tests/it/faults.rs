//! What a far side can do to its user: refuse, be gone, come back.

use crate::object_store::Far;
use crate::s3_server::Server;
use crate::support::{Result, assert_same, data};
use aiofile::{Error, Operation, unblock};
use opendal::blocking::StdWriter;
use pollster::block_on;
use std::io::{self, ErrorKind};
use std::thread;
use std::time::Duration;

/// OpenDAL's own error, in one of this crate's or of std's.
fn cause(error: &io::Error) -> Result<&opendal::Error> {
    let mut inner = error.get_ref().ok_or("no cause")?;
    if let Some(error) = inner.downcast_ref::<Error>() {
        inner = error.io_error().get_ref().ok_or("no cause")?;
    }
    Ok(inner.downcast_ref().ok_or_else(|| format!("another cause: {inner:?}"))?)
}

#[test]
fn a_wrong_secret_is_refused() -> Result {
    block_on(async {
        let far = Far::s3_with_secret("no secret")?;
        let writer = far.create("object").await?;
        writer.write_all("data").await?; // OpenDAL keeps it, up to a part
        let error = writer.call(StdWriter::close, ()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
        assert_eq!(cause(&error)?.kind(), opendal::ErrorKind::PermissionDenied);
        assert!(error.to_string().contains("SignatureDoesNotMatch"), "{error}");

        let error = far.create("object").await?.write_all(data(12 << 20)).await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::PermissionDenied, Operation::Write));
        assert_eq!(cause(error.io_error())?.kind(), opendal::ErrorKind::PermissionDenied);

        let mut writer = far.create("object").await?.writer();
        let error = match writer.write_all(&data(12 << 20)).await {
            Ok(()) => writer.flush().await.unwrap_err(),
            Err(error) => error,
        };
        assert_eq!((error.kind(), error.operation()), (ErrorKind::PermissionDenied, Operation::Write));
        assert_eq!(cause(error.io_error())?.kind(), opendal::ErrorKind::PermissionDenied);
        assert!(writer.progress().written < writer.progress().accepted);

        let error = far.open("object").await?.read(&mut [0; 10]).await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::PermissionDenied, Operation::Read));
        Ok(())
    })
}

/// It is known how far the writer was, and its close is never `Ok`.
#[test]
fn a_server_gone_in_the_middle_of_a_write_is_an_error() -> Result {
    block_on(async {
        let mut far = Far::s3()?;
        let object = far.create("object").await?;
        let mut writer = object.clone().writer();
        let data = data(30 << 20);
        writer.write_all(&data[..12 << 20]).await?;
        writer.flush().await?;
        assert_eq!(writer.progress().written, 12 << 20);

        far.stop();
        let error = match writer.write_all(&data[12 << 20..]).await {
            Ok(()) => writer.flush().await.unwrap_err(),
            Err(error) => error,
        };
        assert_eq!((error.kind(), error.operation()), (ErrorKind::Other, Operation::Write));
        assert!(cause(error.io_error())?.is_temporary(), "{error}");
        let progress = writer.progress();
        assert!(progress.written >= 12 << 20 && progress.written < progress.accepted, "{progress:?}");
        writer.write_all(b"more").await.unwrap_err();
        assert_eq!(writer.progress(), progress);

        for _ in 0..3 {
            let error = object.call(StdWriter::close, ()).await.unwrap_err();
            assert!(cause(&error)?.is_temporary(), "{error}");
        }
        Ok(())
    })
}

/// The same without a stream: what is in OpenDAL's buffer when the server goes is not in the object, and its close
/// says so.
#[test]
fn a_server_gone_before_the_close_is_an_error_of_the_close() -> Result {
    block_on(async {
        for bytes in [1000, 12 << 20] {
            let mut far = Far::s3()?;
            let writer = far.create("object").await?;
            writer.write_all(data(bytes)).await?;
            far.stop();
            for _ in 0..3 {
                writer.call(StdWriter::close, ()).await.unwrap_err();
            }
        }
        Ok(())
    })
}

/// After an error an upload of OpenDAL has lost a piece, and its close does not know (0.59): it is begun anew, on the
/// same store.
#[test]
fn an_upload_is_begun_anew_when_the_server_is_back() -> Result {
    block_on(async {
        let mut far = Far::s3()?;
        let data = data(12 << 20);
        let writer = far.create("object").await?;
        let address = far.stop().ok_or("no server")?;
        writer.write_all(data.clone()).await.unwrap_err();
        far.server = Some(Server::start_at(address, far.dir.path())?);
        let writer = far.create("object").await?;
        writer.write_all(data.clone()).await?;
        writer.call(StdWriter::close, ()).await?;
        assert_same(&far.content("object")?, &data);
        Ok(())
    })
}

/// With OpenDAL's retries, which are beneath its buffers, it goes on as if nothing had been.
#[test]
fn an_upload_that_retries_goes_on_when_the_server_is_back() -> Result {
    block_on(async {
        let mut far = Far::s3_that_retries()?;
        let data = data(30 << 20);
        let mut writer = far.create("object").await?.writer();
        writer.write_all(&data[..12 << 20]).await?;
        writer.flush().await?;

        let address = far.stop().ok_or("no server")?;
        let dir = far.dir.path().to_owned();
        let back = unblock(move || {
            thread::sleep(Duration::from_millis(300));
            Server::start_at(address, &dir)
        });
        writer.write_all(&data[12 << 20..]).await?;
        let writer = writer.into_inner().await?;
        writer.call(StdWriter::close, ()).await?;
        far.server = Some(back.await?);
        assert_same(&far.content("object")?, &data);
        Ok(())
    })
}

/// It has its name when it is closed: where that cannot be, the close says so.
#[test]
fn a_folder_gone_before_the_close_is_an_error_of_the_close() -> Result {
    block_on(async {
        let far = Far::folder()?;
        let writer = far.create("object").await?;
        writer.write_all(data(1 << 20)).await?;
        std::fs::remove_dir_all(far.dir.path().join("begun"))?;
        let error = writer.call(StdWriter::close, ()).await.unwrap_err();
        assert_eq!(
            (error.kind(), cause(&error)?.kind()),
            (ErrorKind::NotFound, opendal::ErrorKind::NotFound)
        );
        assert!(!far.store.exists("object")?);
        Ok(())
    })
}

/// Again and again, and never an end that is none.
#[test]
fn a_server_gone_in_the_middle_of_a_read_is_an_error() -> Result {
    block_on(async {
        let mut far = Far::s3()?;
        let data = data(48 << 20);
        std::fs::write(far.dir.path().join("bucket/object"), &data)?;
        let (typed, mut stream) = (far.open("object").await?, far.open("object").await?.reader());
        let mut begin = vec![0; 1 << 20];
        typed.read_exact(&mut begin).await?;
        assert_same(&begin, &data[..1 << 20]);
        stream.read_exact(&mut begin).await?;
        assert_same(&begin, &data[..1 << 20]);

        far.stop();
        let (mut of_typed, mut of_stream) = (Vec::new(), Vec::new());
        for _ in 0..2 {
            let error = typed.read_to_end(&mut of_typed).await.unwrap_err();
            assert_eq!(error.operation(), Operation::Read);
            cause(error.io_error())?;
            let error = stream.read_to_end(&mut of_stream).await.unwrap_err();
            assert_eq!(error.operation(), Operation::Read);
            cause(error.io_error())?;
        }
        for rest in [of_typed, of_stream] {
            assert!(rest.len() < 47 << 20);
            assert_same(&rest, &data[1 << 20..][..rest.len()]);
        }
        Ok(())
    })
}

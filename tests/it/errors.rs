//! Every error says the operation and the path, and keeps the system's number.

use crate::support::block_on;
use aiofile::{Error, File, Operation};
use std::error::Error as _;
use std::io::{self, ErrorKind};

fn missing() -> Error {
    block_on(aiofile::open("no/such \"file\"", "r")).unwrap_err()
}

#[cfg(unix)]
#[test]
fn an_error_prints_operation_path_and_number() {
    assert_eq!(missing().to_string(), r#"open "no/such \"file\"": No such file or directory (os error 2)"#);
    assert_eq!(format!("{:?}", missing()), format!("{} [NotFound]", missing()));
}

#[test]
fn an_error_keeps_what_the_system_said() {
    let system = std::fs::File::open("no/such \"file\"").unwrap_err();
    let error = missing();
    assert_eq!(error.operation(), Operation::Open);
    assert_eq!(error.path().unwrap().to_str(), Some("no/such \"file\""));
    assert_eq!(error.kind(), system.kind());
    assert_eq!(error.raw_os_error(), system.raw_os_error());
    assert_eq!(error.source().unwrap().to_string(), system.to_string());
    assert_eq!(error.io_error().raw_os_error(), system.raw_os_error());
    assert!(error.call_error().is_none());
}

/// fs-err and tempfile lose the number when an error becomes an `io::Error`.
#[test]
fn an_error_becomes_an_io_error_with_its_number() {
    let number = missing().raw_os_error();
    assert!(number.is_some());
    let plain: io::Error = missing().into();
    assert_eq!((plain.kind(), plain.raw_os_error()), (ErrorKind::NotFound, number));

    // Without a number, it keeps all that it has.
    let plain: io::Error = block_on(aiofile::open("some/file", "z")).unwrap_err().into();
    assert_eq!(plain.kind(), ErrorKind::InvalidInput);
    let inner = plain.get_ref().unwrap().downcast_ref::<Error>().unwrap();
    assert_eq!(inner.path().unwrap().to_str(), Some("some/file"));
}

#[test]
fn a_wrapped_file_can_be_given_a_name() {
    let file = File::from_std(tempfile::tempfile().unwrap());
    let error = block_on(file.seek(io::SeekFrom::Current(-1))).unwrap_err();
    assert_eq!(error.path(), None);
    assert!(error.to_string().starts_with("seek: "), "{error}");
    let error = block_on(file.with_path("<scratch>").seek(io::SeekFrom::Current(-1))).unwrap_err();
    assert!(error.to_string().starts_with("seek \"<scratch>\": "), "{error}");
    let own = Error::new(Operation::Read, ErrorKind::UnexpectedEof.into()).with_path("a");
    assert_eq!(own.to_string(), "read \"a\": unexpected end of file");
}

/// The question mark takes an error both ways.
#[test]
fn the_question_mark_takes_it_to_io_and_to_any() {
    fn as_io() -> io::Result<()> {
        Err(missing())?
    }
    fn as_any() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        Err(missing())?
    }
    assert_eq!(as_io().unwrap_err().kind(), ErrorKind::NotFound);
    assert!(as_any().unwrap_err().to_string().contains("no/such"));
}

/// Each method of `File`, made to fail: its operation, its path, its number.
#[cfg(target_os = "linux")]
#[test]
fn every_method_names_operation_and_path() {
    const EBADF: Option<i32> = Some(9);
    const EINVAL: Option<i32> = Some(22);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    std::fs::write(&path, "x").unwrap();
    block_on(async {
        let r = aiofile::open(&path, "r").await.unwrap();
        let w = aiofile::open(&path, "a").await.unwrap();
        let fails = [
            (r.write("x").await.map(drop), "write", EBADF),
            (r.write_all("x").await, "write", EBADF),
            (w.read(&mut [0]).await.map(drop), "read", EBADF),
            (w.read_exact(&mut [0]).await, "read", EBADF),
            (w.read_to_end(&mut Vec::new()).await.map(drop), "read", EBADF),
            (w.read_to_string(&mut String::new()).await.map(drop), "read", EBADF),
            (r.seek(io::SeekFrom::End(-2)).await.map(drop), "seek", EINVAL),
            (r.set_len(0).await, "set length of", EINVAL),
        ];
        for (result, operation, number) in fails {
            let error = result.unwrap_err();
            assert_eq!(error.path(), Some(path.as_path()), "{operation}");
            assert_eq!(error.raw_os_error(), number, "{operation}");
            assert!(error.to_string().starts_with(&format!("{operation} {path:?}: ")), "{error}");
        }
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_of_the_write() {
    block_on(async {
        let full = aiofile::open("/dev/full", "w").await.unwrap();
        let error = full.write_all("x").await.unwrap_err();
        assert_eq!(error.to_string(), "write \"/dev/full\": No space left on device (os error 28)");
        let error = full.write_all("x").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StorageFull);
    });
}

#[test]
fn odd_paths_are_errors() {
    for path in ["", "nul\0inside", &"long".repeat(2000)] {
        let ours = block_on(File::create(path)).unwrap_err();
        let std = std::fs::File::create(path).unwrap_err();
        assert_eq!((ours.kind(), ours.raw_os_error()), (std.kind(), std.raw_os_error()));
        assert_eq!(ours.path().unwrap().to_str(), Some(path));
    }
}

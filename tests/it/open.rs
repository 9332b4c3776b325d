//! `open` with CPython's modes does what CPython's `open` does.

use crate::support::block_on;
use aiofile::{File, OpenOptions};
use std::io::ErrorKind;
use std::path::Path;

/// How a mode opens the file: its position, its content then, whether it reads, whether it writes.
fn try_mode(path: &Path, mode: &str) -> Result<(u64, String, bool, bool), ErrorKind> {
    block_on(async {
        let file = aiofile::open(path, mode).await.map_err(|e| e.kind())?;
        let position = file.stream_position().await.unwrap();
        let content = std::fs::read_to_string(path).unwrap();
        let reads = file.read(&mut [0; 1]).await.is_ok();
        let writes = file.write("!").await.is_ok();
        file.close().await.unwrap();
        Ok((position, content, reads, writes))
    })
}

#[test]
fn every_mode_opens_as_in_python() {
    let expect = |position, content: &str, reads, writes| Ok((position, content.to_owned(), reads, writes));
    let table = [
        // mode, what it does to a file that holds "old", what it does without one
        ("r", expect(0, "old", true, false), Err(ErrorKind::NotFound)),
        ("r+", expect(0, "old", true, true), Err(ErrorKind::NotFound)),
        ("w", expect(0, "", false, true), expect(0, "", false, true)),
        ("w+", expect(0, "", true, true), expect(0, "", true, true)),
        ("a", expect(3, "old", false, true), expect(0, "", false, true)),
        ("a+", expect(3, "old", true, true), expect(0, "", true, true)),
        ("x", Err(ErrorKind::AlreadyExists), expect(0, "", false, true)),
        ("x+", Err(ErrorKind::AlreadyExists), expect(0, "", true, true)),
    ];
    let dir = tempfile::tempdir().unwrap();
    for (mode, with_old, without) in table {
        let update = mode.contains('+');
        let letter = &mode[..1];
        let spellings = match update {
            false => vec![letter.to_owned(), format!("{letter}b"), format!("t{letter}")],
            true => vec![mode.to_owned(), format!("+{letter}"), format!("{letter}b+"), format!("+t{letter}")],
        };
        for mode in spellings {
            let path = dir.path().join("file");
            std::fs::write(&path, "old").unwrap();
            assert_eq!(try_mode(&path, &mode), with_old, "{mode} with a file");
            std::fs::remove_file(&path).unwrap();
            assert_eq!(try_mode(&path, &mode), without, "{mode} without a file");
            let _ = std::fs::remove_file(&path);
        }
    }
}

#[test]
fn appended_data_goes_to_the_end_wherever_the_position_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    std::fs::write(&path, "old ").unwrap();
    block_on(async {
        let log = aiofile::open(&path, "a+").await?;
        log.rewind().await?;
        log.write_all("new").await?;
        log.close().await
    })
    .unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "old new");
}

#[test]
fn a_wrong_mode_says_what_is_wrong_and_what_is_allowed() {
    let table = [
        ("", "it has none of r, w, a, x"),
        ("+", "it has none of r, w, a, x"),
        ("rz", "'z' is no letter of a mode"),
        ("wx", "it has more than one of r, w, a, x"),
        ("rr", "'r' stands there twice"),
        ("rbt", "it has both b and t"),
    ];
    for (mode, why) in table {
        let error = block_on(aiofile::open("some/file", mode)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(
            error.to_string(),
            format!(
                "open \"some/file\": invalid mode {mode:?}: {why}; a mode is one of r, w, a, x, with an \
                 optional + (read and write) and an optional b or t, in any order"
            )
        );
    }
}

#[test]
fn a_refused_mode_touches_nothing() {
    let dir = tempfile::tempdir().unwrap();
    assert!(block_on(aiofile::open(dir.path().join("new"), "wz")).is_err());
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn an_abandoned_open_opens_and_closes() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("made");
    let one = aiofile::Pool::new(1);
    drop(OpenOptions::new().write(true).create(true).pool(&one).open(&path));
    block_on(one.run(|| ()));
    assert!(path.exists());
}

#[test]
fn std_options_are_taken_as_they_are() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    block_on(OpenOptions::from(options.clone()).open(&path)).unwrap();
    assert_eq!(
        block_on(OpenOptions::from(options).open(&path)).unwrap_err().kind(),
        ErrorKind::AlreadyExists
    );
    block_on(async {
        File::create(&path).await?.write_all("x").await?;
        let mut text = String::new();
        File::open(&path).await?.read_to_string(&mut text).await?;
        assert_eq!(text, "x");
        aiofile::Result::Ok(())
    })
    .unwrap();
}

//! Mode strings, which are taken or refused as CPython does, and then open as its `FileIO` does.

#![no_main]

#[allow(dead_code)] // what other tests need
#[path = "../it/support.rs"]
mod support;

use libfuzzer_sys::fuzz_target;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::OnceLock;
use support::block_on;
use tempfile::TempDir;

/// CPython's rules, step by step: `_io_open_impl` (Modules/_io/_iomodule.c) takes the letters, `FileIO` (fileio.c) makes the
/// flags. `None`: a `ValueError`. Whether what is opened starts at its end comes with it.
fn python(mode: &str) -> Option<(OpenOptions, bool)> {
    let (mut creating, mut reading, mut writing, mut appending) = (false, false, false, false);
    let (mut updating, mut text, mut binary) = (false, false, false);
    for (at, letter) in mode.char_indices() {
        match letter {
            'x' => creating = true,
            'r' => reading = true,
            'w' => writing = true,
            'a' => appending = true,
            '+' => updating = true,
            't' => text = true,
            'b' => binary = true,
            _ => return None,
        }
        if mode[at + letter.len_utf8()..].contains(letter) {
            return None;
        }
    }
    let accesses = [creating, reading, writing, appending].into_iter().filter(|access| *access).count();
    if text && binary || accesses != 1 {
        return None;
    }
    let mut options = OpenOptions::new();
    options.read(reading || updating).append(appending);
    options.write(!appending && (!reading || updating));
    options.create(writing || appending).truncate(writing).create_new(creating);
    Some((options, appending))
}

/// How a file is found once it is open, and what it holds at the end: its error; or its position, what it reads, whether it
/// takes a write.
type Found = (Result<(u64, Result<Vec<u8>, ErrorKind>, bool), ErrorKind>, Option<Vec<u8>>);

fn ours(path: &Path, mode: &str) -> Found {
    let found = block_on(async {
        let file = aiofile::open(path, mode).await.map_err(|error| error.kind())?;
        let position = file.stream_position().await.unwrap();
        let mut bytes = Vec::new();
        let read = file.read_to_end(&mut bytes).await.map(|_| bytes).map_err(|error| error.kind());
        let writes = file.write_all("!").await.is_ok();
        file.close().await.unwrap();
        Ok((position, read, writes))
    });
    (found, fs::read(path).ok())
}

fn std(path: &Path, options: &OpenOptions, at_end: bool) -> Found {
    let open = || {
        let mut file = options.open(path).map_err(|error| error.kind())?;
        if at_end {
            file.seek(SeekFrom::End(0)).unwrap();
        }
        let position = file.stream_position().unwrap();
        let mut bytes = Vec::new();
        let read = file.read_to_end(&mut bytes).map(|_| bytes).map_err(|error| error.kind());
        Ok((position, read, file.write_all(b"!").is_ok()))
    };
    (open(), fs::read(path).ok())
}

fuzz_target!(|input: (bool, &str)| {
    static DIR: OnceLock<TempDir> = OnceLock::new();
    let dir = DIR.get_or_init(|| tempfile::tempdir().unwrap());
    let (is_there, mode) = input;
    let paths = ["ours", "std"].map(|name| dir.path().join(name));
    let Some((options, at_end)) = python(mode) else {
        let error = block_on(aiofile::open(&paths[0], mode)).expect_err("CPython refuses it");
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains("a mode is one of r, w, a, x"), "{error}");
        return;
    };
    for path in &paths {
        let _ = fs::remove_file(path); // one that is emptied instead is written to the disk first
        if is_there {
            fs::write(path, "old").unwrap();
        }
    }
    assert_eq!(ours(&paths[0], mode), std(&paths[1], &options, at_end), "ours, std's");
});

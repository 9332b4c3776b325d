//! `Stdin`: read in a child, which is this test once more, told so by a variable.

use crate::support::{Result, text};
use aiofile::Aio;
use pollster::block_on;
use std::io::{self, BufRead, Read, Stdin, Write};
use std::process::{Command, Stdio};

const CHILD: &str = "AIOFILE_TEST_STDIN_COPY";

#[test]
fn is_read_line_by_line_then_to_its_end() -> Result {
    if let Some(copy) = std::env::var_os(CHILD) {
        return block_on(async {
            let stdin = Aio::new(io::stdin());
            let (read, line) = stdin.call(Stdin::read_line, (String::new(),)).await;
            assert_eq!(read?, line.len());
            let mut some = [0; 10];
            stdin.read_exact(&mut some).await?;
            let third = stdin.with(|stdin| stdin.lock().lines().next().transpose()).await?.unwrap();
            let (read, rest) = stdin.call(Read::read_to_end, (Vec::new(),)).await;
            read?;
            let none = stdin.finish(|stdin| stdin.lines().count()).await;
            assert_eq!(none, 0);
            Ok(std::fs::write(copy, [line.as_bytes(), &some, third.as_bytes(), b"\n", &rest].concat())?)
        });
    }
    let dir = tempfile::tempdir()?;
    let copy = dir.path().join("copy");
    let mut child = Command::new(std::env::current_exe()?)
        .args(["--exact", "stdin::is_read_line_by_line_then_to_its_end"])
        .env(CHILD, &copy)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()?;
    child.stdin.take().unwrap().write_all(text().as_bytes())?;
    assert!(child.wait()?.success());
    assert_eq!(std::fs::read_to_string(copy)?, text());
    Ok(())
}

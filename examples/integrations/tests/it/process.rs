//! `Child`, `ChildStdin`, `ChildStdout`, `Command`: a `cat` that is fed and read at once.

use crate::support::{Result, text};
use aiofile::Aio;
use futures_lite::future;
use pollster::block_on;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};

fn cat() -> io::Result<Child> {
    Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()
}

#[test]
fn cat_is_fed_while_it_is_read() -> Result {
    // More than two pipes hold: who writes all of it before reading waits for ever.
    let sent = text().repeat(8).into_bytes();
    block_on(async {
        let mut child = cat()?;
        let stdin = Aio::new(child.stdin.take().unwrap());
        let stdout = Aio::new(child.stdout.take().unwrap());
        let feed = async {
            let (head, tail) = sent.split_at(100);
            stdin.call(Write::write_all, (head.to_vec(),)).await?;
            stdin.write_all(tail).await?;
            stdin.call(Write::flush, ()).await?;
            stdin.finish(drop).await; // the pipe ends
            Result::Ok(())
        };
        let drain = async {
            let mut head = [0; 100];
            stdout.read_exact(&mut head).await?;
            let (read, rest) = stdout.call(Read::read_to_end, (Vec::new(),)).await;
            read?;
            Result::Ok([&head, &rest[..]].concat())
        };
        let (fed, drained) = future::zip(feed, drain).await;
        fed?;
        assert!(drained? == sent);

        let child = Aio::new(child);
        assert!(child.call(Child::id, ()).await > 0);
        let status = child.call(Child::wait, ()).await?;
        assert!(status.success());
        assert_eq!(child.call(Child::try_wait, ()).await?, Some(status));
        Ok(())
    })
}

#[test]
fn lines_come_as_they_are_written() -> Result {
    block_on(async {
        let mut child = cat()?;
        let stdin = Aio::new(child.stdin.take().unwrap());
        let stdout = Aio::new(BufReader::new(child.stdout.take().unwrap()));
        for line in text().lines().take(20) {
            let line = format!("{line}\n");
            stdin.write_all(line.as_str()).await?;
            let (read, answer) = stdout.call(BufRead::read_line, (String::new(),)).await;
            assert_eq!((read?, answer), (line.len(), line));
        }
        stdin.close().await;
        let output = Aio::new(child).finish(Child::wait_with_output).await?;
        assert!(output.status.success());
        let (read, rest) = stdout.call(BufRead::read_line, (String::new(),)).await;
        assert_eq!((read?, rest.as_str()), (0, ""));
        Ok(())
    })
}

#[test]
fn pipes_are_given_on_by_value() -> Result {
    block_on(async {
        let mut first = cat()?;
        let stdin = Aio::new(first.stdin.take().unwrap());
        let stdout = Aio::new(first.stdout.take().unwrap());
        let mut second = Command::new("cat");
        second.stdin(stdout.finish(Stdio::from).await);
        stdin.write_all("through two").await?;
        stdin.close().await;
        let output = Aio::new(second).call(Command::output, ()).await?;
        assert_eq!(output.stdout, b"through two");
        assert!(first.wait()?.success());
        Ok(())
    })
}

#[test]
fn a_child_is_killed() -> Result {
    let mut sync = cat()?;
    sync.kill()?;
    block_on(async {
        let child = Aio::new(cat()?);
        assert_eq!(child.call(Child::try_wait, ()).await?, None);
        child.call(Child::kill, ()).await?;
        assert_eq!(child.call(Child::wait, ()).await?, sync.wait()?);
        Ok(())
    })
}

//! Guides. Each line of code in them is compiled and run as a test.

/// Makes a table of Python's names and ours, and a test of each row: `$rust` is run after `PRELUDE`, and then
/// `$check`.
macro_rules! python {
    ($(#[doc = $text:literal])* $($python:literal => $rust:literal, $check:literal;)*) => {
        $(#[doc = $text])*
        ///
        /// | Python | Rust |
        /// |---|---|
        $(#[doc = concat!("| `", $python, "` | `", $rust, "` |")])*
        pub mod from_python {
            $(
                #[doc = concat!(
                    "```\n",
                    "use aiofile::{Aio, Call, File, Pool, unblock};\n",
                    "use std::io::{BufRead, BufReader, IsTerminal, Read, Seek, SeekFrom, Write};\n",
                    "pollster::block_on(async {\n",
                    "let dir = tempfile::tempdir()?;\n",
                    "let path = dir.path().join(\"data.txt\");\n",
                    "std::fs::write(&path, \"one\\ntwo\\n\")?;\n",
                    "let f = aiofile::open(&path, \"r+\").await?;\n",
                    "let lines = Aio::new(BufReader::new(std::fs::File::open(&path)?));\n",
                    $rust, "\n", $check, "\n",
                    "Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())\n}).unwrap();\n```",
                )]
                #[allow(dead_code)]
                const _: () = ();
            )*
        }
    };
}

python! {
    /// What Python's names become: the methods of a file object under `AIOWrapper`, aiofiles, anyio or trio, and
    /// the functions of asyncio that bring work to a pool.
    ///
    /// `f` is a [`File`](crate::File) from [`open`](crate::open), which takes Python's modes; `lines` is an
    /// [`Aio`](crate::Aio)`<BufReader<std::fs::File>>`, for what Python's buffered files do. A call is queued when it is
    /// made, as with `run_in_executor`; unlike there, the calls of one file run in the order made. `read` gives
    /// bytes, and text where it is asked for. What Python raises is an `Err`.
    "f = await open_async(path, 'w')" => "let f = aiofile::open(path, \"w\").await?;", "assert_eq!(f.metadata().await?.len(), 0);";
    "await f.read()" => "let mut all = String::new(); f.read_to_string(&mut all).await?;", "assert_eq!(all, \"one\\ntwo\\n\");";
    "await f.read(3)" => "let mut b = [0; 3]; let n = f.read(&mut b).await?;", "assert_eq!(&b[..n], b\"one\");";
    "await f.readinto(b)" => "let mut b = vec![0; 8]; f.read_exact(&mut b).await?;", "assert_eq!(b, b\"one\\ntwo\\n\");";
    "await f.readline()" => "let (n, line) = lines.call(BufRead::read_line, (String::new(),)).await;", "assert_eq!((n?, line.as_str()), (4, \"one\\n\"));";
    "await f.readlines()" => "let all = lines.with(|f| f.lines().collect::<Result<Vec<_>, _>>()).await?;", "assert_eq!(all, [\"one\", \"two\"]);";
    "await f.write(b)" => "f.write_all(\"1\").await?;", "f.close().await?; assert_eq!(std::fs::read(path)?, b\"1ne\\ntwo\\n\");";
    "await f.writelines(parts)" => "f.write_all([\"1\", \"2\"].concat()).await?;", "f.close().await?; assert_eq!(std::fs::read(path)?, b\"12e\\ntwo\\n\");";
    "await f.seek(4)" => "f.seek(SeekFrom::Start(4)).await?;", "assert_eq!(f.stream_position().await?, 4);";
    "await f.seek(-4, os.SEEK_END)" => "f.seek(SeekFrom::End(-4)).await?;", "assert_eq!(f.stream_position().await?, 4);";
    "await f.tell()" => "let at = f.stream_position().await?;", "assert_eq!(at, 0);";
    "await f.truncate(3)" => "f.set_len(3).await?;", "assert_eq!(f.metadata().await?.len(), 3);";
    "await f.truncate()" => "f.with(|f| { let at = f.stream_position()?; f.set_len(at) }).await?;", "assert_eq!(f.metadata().await?.len(), 0);";
    "await f.flush()" => "f.flush().await?;", "";
    "os.fsync(f.fileno())" => "f.sync_all().await?;", "";
    "f.fileno()" => "let number = f.with(|f| std::os::fd::AsRawFd::as_raw_fd(f)).await;", "assert!(number > 2);";
    "await f.isatty()" => "let terminal = f.with(|f| f.is_terminal()).await;", "assert!(!terminal);";
    "f.name" => "let name = f.path();", "assert_eq!(name, Some(path.as_path()));";
    "f.closed" => "let closed = f.is_closed();", "assert!(!closed);";
    "f.detach()" => "let f = f.into_std().await?;", "assert_eq!(f.metadata()?.len(), 8);";
    "await f.close()" => "f.close().await?;", "";
    "await getattr(f, name)(*args)" => "f.call(std::fs::File::set_len, (3,)).await?;", "assert_eq!(f.metadata().await?.len(), 3);";
    "g = f.truncate; await g(3)" => "let g = f.method(std::fs::File::set_len); g(3).await?;", "assert_eq!(f.metadata().await?.len(), 3);";
    "AIOWrapper(anything)" => "let anything = Aio::new(vec![3, 1, 2]);", "assert_eq!(anything.with(|list| { list.sort(); list[0] }).await, 1);";
    "await loop.run_in_executor(None, fn)" => "let answer = unblock(|| 6 * 7).await;", "assert_eq!(answer, 42);";
    "await asyncio.to_thread(fn)" => "let answer = unblock(|| 6 * 7).await;", "assert_eq!(answer, 42);";
    "ThreadPoolExecutor(max_workers=5)" => "let five = Pool::new(5);", "assert_eq!(five.run(|| 1).await, 1);";
    "await loop.run_in_executor(five, fn)" => "let five = Pool::new(5); let answer = five.run(|| 6 * 7).await;", "assert_eq!(answer, 42);";
    "future.cancel()" => "let taken_back = f.write_all(\"x\").cancel();", "f.close().await?; assert_eq!(taken_back, std::fs::read(path)?[0] == b'o');";
    "executor.shutdown()" => "let stuck = Pool::new(5).shutdown(std::time::Duration::from_secs(60)).await;", "assert!(stuck.is_empty());";
}

//! From `async-fs` and `blocking`.

page! {
    /// What the names of `async-fs` and `blocking` become.
    ///
    /// The threads are the same: those of the [`blocking`](https://docs.rs/blocking/1.6.2) crate. So are the traits, those
    /// of futures-io; and any executor will do. What is said of the two was measured with async-fs 2.2 and blocking 1.7 on
    /// Linux.
    ///
    /// # What changes
    ///
    /// | | `async-fs`, `Unblock` | here |
    /// |---|---|---|
    /// | `Ok` of `write_all` | the bytes are in a pipe of 8 MiB | the bytes are in the file |
    /// | dropping a file without `flush` | loses them for good: 1,000 of 1,000 | nothing is left to write |
    /// | write, drop, make the file anew, write | ends wrong: 310 of 1,000 | ends right: an `Ok` is in the file |
    /// | `main` returns after accepted writes | 842 of 1,000 are missing | none: [the end waits](crate::docs::ordering#the-end-of-the-process) |
    /// | a write that fails in an `Unblock`, then `with_mut(sync_all)`, `flush`, `close` | all `Ok`, the file is cut short: 1,000 of 1,000 | the write fails |
    /// | a write that a signal interrupts | 256 KiB of 1 MiB that was `Ok` are on the disk | it is taken up again |
    /// | a read of 1 byte | drains 60,000 bytes of a pipe | takes 1 byte |
    /// | a `sync_all` that was cancelled and failed | the next one is `Ok` | all that follow fail |
    /// | `metadata` during a write | is of before it (52 to 88 of 2,000) | comes after it |
    /// | a panic in `with_mut` | the `Unblock` is dead for ever | the next call is as if nothing had been |
    /// | dropping the future of `unblock(f)` | `f` never runs, if it had not started (0 of 200) | `f` runs |
    /// | idle threads | never leave (blocking 1.7: 101 after a burst) | leave; blocking is kept at 1.6 |
    /// | a handle with many users | `&mut self` | `&self` and `Clone`: one queue, in the order made |
    ///
    /// # What does not change
    ///
    /// * A dropped future does not stop what has started.
    /// * What is in the file is not on the disk: that is `sync_all`.
    ///
    /// # What to look out for
    ///
    /// * A small write costs a hop, where there it was a copy into the pipe. Many small writes want a
    ///   [`Writer`](crate::Writer), which accepts them by a copy, too, and loses none; many small reads want a
    ///   [`Reader`](crate::Reader).
    /// * A call is queued when it is made, not when it is first polled: `let write = f.write_all("x");` writes.
    /// * `close` closes the file for all its clones.
    /// * `?` into a `std::io::Error` keeps the system's number and drops the path:
    ///   [errors](crate::docs::errors#as-an-ioerror).
    pub mod from_async_fs;

    before r#"
        use futures_lite::{AsyncBufReadExt, AsyncReadExt, StreamExt};
        let (data, text, mut b) = ("1", &mut String::new(), [0; 3]);
        fn work() -> u32 { 42 }
        let list = vec![3, 1, 2];
        let a = Aio::new(list.clone());
    "#;

    /// # A file
    ["`async_fs`", "here", "what differs"]
    "`File::open(path).await?`" => "let f = File::open(&path).await?;", "the error names the path; also `create_new`, `options`", "assert!(File::open(\"no\").await.unwrap_err().path().is_some());";
    "`f.write_all(data).await?; f.flush().await?`" => "f.write_all(data).await?;", "no `flush`: `Ok` means in the file", "assert_eq!(std::fs::read(&path)?, b\"1ne\\ntwo\\n\");";
    "`f.read(&mut b).await?`" => "let n = f.read(&mut b).await?;", "`&self`; reads no more than asked for", "assert_eq!((n, &b), (3, b\"one\"));";
    "`f.read_to_string(text).await?`" => "f.read_to_string(text).await?;", "one job", "assert_eq!(text, \"one\\ntwo\\n\");";
    "`f.seek(SeekFrom::End(0)).await?`" => "let end = f.seek(SeekFrom::End(0)).await?;", "no read-ahead is thrown away", "assert_eq!(end, 8);";
    "`f.close().await?`" => "f.close().await?;", "gives the error of close(2)", "";
    "`BufReader::new(f).lines()`" => "let mut lines = f.reader().lines();", "a `Stream` too; or `next_line().await?`", "assert_eq!(lines.next().await.unwrap()?, \"one\");";
    "`BufWriter::new(f)`" => "let mut out = f.writer();", "what is accepted is written, also when it is dropped", "out.write_all(b\"1\").await?; drop(out); while std::fs::read(&path)? != b\"1ne\\ntwo\\n\" { std::thread::yield_now() }";
    "`async_fs::read(path).await?`" => "let all = fs::read(&path).await?;", "errors name operation and path; so for all of [`fs`](crate::fs)", "assert_eq!(all, b\"one\\ntwo\\n\");";
    "`async_fs::read_dir(dir).await?.next().await`" => "let first = fs::read_dir(&dir).await?.next().await;", "up to 1,024 entries a hop, with their types", "assert!(first.unwrap()?.file_type()?.is_file());";
    "`f.take(3).read(&mut b)`, of futures-io" => "let n = AsyncReadExt::take(f.reader(), 3).read(&mut b).await?;", "the same traits", "assert_eq!((n, &b), (3, b\"one\"));";

    /// # `blocking`
    ["`blocking`", "here", "what differs"]
    "`unblock(work).await`" => "let answer = unblock(work).await;", "runs, whatever becomes of the future", "assert_eq!(answer, 42);";
    "`let task = unblock(work); drop(task)`" => "let taken_back = unblock(work).cancel();", "says whether it did", "let _: bool = taken_back;";
    "`Unblock::new(list)`" => "let a = Aio::new(list);", "any type; `&self`", "assert!(!a.is_closed());";
    "`u.with_mut(\\|list\\| list.len()).await`" => "let len = a.with(" | "list" | " list.len()).await;", "or by path: `call(Vec::len, ())`", "assert_eq!(len, 3); assert_eq!(a.call(Vec::len, ()).await, 3);";
    "`u.get_mut().await.sort()`" => "a.with(" | "list" | " list.sort()).await;", "on the pool; there it runs on the async thread", "assert_eq!(a.with(|list| list[0]).await, 1);";
    "`u.into_inner().await`" => "let list = a.finish(" | "list" | " list).await;", "behind all calls that were made", "assert_eq!(list.len(), 3);";
    "`Unblock::with_capacity(n, x)`" => "let bytes = Aio::new(&b\"1,2\"[..]).reader();", "only [`Reader`](crate::Reader) and [`Writer`](crate::Writer) buffer", "assert_eq!(bytes.split(b',').next_part().await?.unwrap(), b\"1\");";
    "`Unblock::new(iterator).next().await`" => "let next = Aio::new(1..9).call(Iterator::next, ()).await;", "or many in one hop, by `with`", "assert_eq!(next, Some(1));";
    "`block_on(unblock(work))`" => "let answer = unblock(work).wait();", "", "assert_eq!(answer, 42);";
}

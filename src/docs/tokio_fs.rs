//! From `tokio::fs`.

page! {
    /// What the names of `tokio::fs` become.
    ///
    /// Most lines stay as they are, under `use aiofile::{File, fs};` in place of `use tokio::fs::{self, File};`, and
    /// need neither `AsyncReadExt` nor `AsyncWriteExt`. What is said of tokio was measured with tokio 1.54 on Linux.
    ///
    /// # What changes
    ///
    /// | | `tokio::fs` | here |
    /// |---|---|---|
    /// | `Ok` of `write_all` | the bytes are in a buffer of the file, of up to 2 MiB | the bytes are in the file |
    /// | a write that fails | says so in a later call, once, without the system's number; the `sync_all` after it is `Ok` (10,000 of 10,000) | says so itself, with operation, path and number |
    /// | dropping a file | loses the last write's error | nothing is left to write |
    /// | a `sync_all` that fails | the next one is `Ok`; after one that was cancelled, nobody ever knows | all that follow fail too, also those of clones |
    /// | `metadata` during a write | may be of before it (up to 3 of 2,000) | comes after it |
    /// | a cancelled read, then `into_std` or `try_clone` | its bytes are skipped, every time | the position is where the caller left it |
    /// | `process::exit` after accepted writes | 799 of 1,000 are missing; 671 after `shutdown_background` | none: [the end waits](crate::docs::ordering#the-end-of-the-process) |
    /// | an open of a FIFO that timed out | `main` never ends | `main` ends (but on the threads of a runtime) |
    /// | a file with many users | `&mut self`, so a mutex around it | `&self` and `Clone`: one queue, in the order made |
    /// | where it runs | in a tokio runtime; elsewhere it panics | under any executor |
    ///
    /// New are `close` with the error of close(2), locks, `read_at` and `write_at` in parallel,
    /// [`write_atomic`](crate::fs::write_atomic), [`walk`](crate::fs::walk), and any method of any other type:
    /// [`Aio`](crate::Aio).
    ///
    /// # What does not change
    ///
    /// * A dropped future does not stop the work: [`Call::cancel`](crate::Call::cancel) takes back what has not
    ///   started.
    /// * The work runs on blocking threads, and a write costs a hop. Many small ones want a [`Writer`](crate::Writer),
    ///   as they wanted a `BufWriter`.
    /// * A cancelled read loses no byte for the next read of the same file.
    /// * What is in the file is not on the disk: that is `sync_all`.
    ///
    /// # What to look out for
    ///
    /// * A call is queued when it is made, not when it is first polled: `let write = f.write_all("x");` writes.
    /// * `close` closes the file for all its clones.
    /// * Borrowed data is copied once, owned data is moved: `f.write_all(vec)`.
    /// * `?` into a `std::io::Error` keeps the system's number and drops the path:
    ///   [errors](crate::docs::errors#as-an-ioerror).
    /// * The threads are not the runtime's, unless [`Pool::set_default`](crate::Pool::set_default) says so:
    ///   [pools](crate::docs::pools#the-threads-of-a-tokio-runtime).
    ///
    /// # tokio's traits
    ///
    /// With the feature `tokio`, [`File`](crate::File), [`Aio`](crate::Aio), [`Reader`](crate::Reader) and
    /// [`Writer`](crate::Writer) are tokio's `AsyncRead`, `AsyncWrite` and `AsyncSeek`, for code that asks for these:
    ///
    /// ```
    /// # #[cfg(feature = "tokio")]
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("data.txt");
    /// # std::fs::write(&path, "one\ntwo\n")?;
    /// let mut from = aiofile::open(&path, "r").await?.reader();
    /// let mut to = tokio::io::sink(); // a socket, say
    /// assert_eq!(tokio::io::copy_buf(&mut from, &mut to).await?, 8);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap()
    /// ```
    pub mod from_tokio_fs;

    before r#"
        let mut b = [0; 3];
        let (from, to) = (&path, &dir.path().join("copy.txt"));
        let (data, text) = ("1", &mut String::new());
        fn work() -> u32 { 42 }
        let t = Duration::from_secs(60);
    "#;

    /// # A file
    ["`tokio::fs`", "here", "what differs"]
    "`File::open(path).await?`" => "let f = File::open(&path).await?;", "the error names the path; so for `create`, `create_new`", "assert!(File::open(\"no\").await.unwrap_err().path().is_some());";
    "`File::options().append(true).open(path).await?`" => "let f = File::options().append(true).open(&path).await?;", "`.pool(&five)` says where it runs", "f.write_all(\"3\").await?; assert_eq!(std::fs::read(&path)?.len(), 9);";
    "`f.write_all(data).await?; f.flush().await?`" => "f.write_all(data).await?;", "no `flush`: `Ok` means in the file", "assert_eq!(std::fs::read(&path)?, b\"1ne\\ntwo\\n\");";
    "`f.read(&mut b).await?`" => "let n = f.read(&mut b).await?;", "`&self`", "assert_eq!((n, &b), (3, b\"one\"));";
    "`f.read_to_string(text).await?`" => "f.read_to_string(text).await?;", "one job, whatever the size", "assert_eq!(text, \"one\\ntwo\\n\");";
    "`f.seek(SeekFrom::End(0)).await?`" => "let end = f.seek(SeekFrom::End(0)).await?;", "", "assert_eq!(end, 8);";
    "`f.sync_all().await?`" => "f.sync_all().await?;", "a failed one stays failed", "";
    "`f.metadata().await?.len()`" => "let len = f.metadata().await?.len();", "after all writes that were made before", "assert_eq!(len, 8);";
    "`f.set_len(3).await?`" => "f.set_len(3).await?;", "", "assert_eq!(std::fs::read(&path)?, b\"one\");";
    "`Arc<Mutex<File>>`, `f.try_clone().await?`" => "let g = f.clone();", "no lock to take, no second descriptor; one queue", "g.write_all(\"1\").await?; assert_eq!(f.stream_position().await?, 1);";
    "`f.shutdown().await?; drop(f)`" => "f.close().await?;", "gives the error of close(2)", "";
    "`f.into_std().await`" => "let f = f.into_std().await?;", "after all calls that were made; it can fail", "assert_eq!(f.metadata()?.len(), 8);";
    "`BufWriter::new(f)`" => "let mut out = f.writer();", "what is accepted is written, also when it is dropped", "out.write_all(b\"1\").await?; drop(out); while std::fs::read(&path)? != b\"1ne\\ntwo\\n\" { std::thread::yield_now() }";
    "`BufReader::new(f).lines()`" => "let mut lines = f.reader().lines();", "reads ahead; then `next_line`, as there", "assert_eq!(lines.next_line().await?.as_deref(), Some(\"one\"));";

    /// # Functions, and other threads
    ["tokio", "here", "what differs"]
    "`fs::read_to_string(path).await?`" => "let all = fs::read_to_string(&path).await?;", "errors name operation and path; so for all of [`fs`](crate::fs)", "assert_eq!(all, \"one\\ntwo\\n\");";
    "`fs::write(path, data).await?`" => "fs::write(&path, data).await?;", "all or nothing: [`write_atomic`](crate::fs::write_atomic)", "assert_eq!(std::fs::read(&path)?, b\"1\");";
    "`fs::try_exists(path).await?`" => "let is_there = fs::exists(&path).await?;", "std's name", "assert!(is_there);";
    "`fs::read_dir(dir).await?`" => "let mut entries = fs::read_dir(&dir).await?;", "then `next_entry`, as there; `file_type` needs no hop", "assert!(entries.next_entry().await?.unwrap().file_type()?.is_file());";
    "`io::copy(&mut from, &mut to).await?`" => "let bytes = fs::copy(from, to).await?;", "in the system; for streams [`copy`](crate::copy())", "assert_eq!(bytes, 8);";
    "`spawn_blocking(work).await?`" => "let answer = unblock(work).await;", "no `JoinError`: a panic resumes here; [`checked`](crate::Call::checked) gives it as a value", "assert_eq!(answer, 42);";
    "`spawn_blocking(move \\|\\| ...)` with a handle moved in, and out" => "let len = f.with(" | "f" | " { f.set_len(3)?; f.metadata() }).await?.len();", "the handle stays where it is; a panic leaves it usable", "assert_eq!(len, 3);";
    "`timeout(t, f.write_all(data)).await??`" => "tokio::time::timeout(t, f.write_all(data)).await??;", "nothing: the wait ends, the work does not", "";
    "`io::stdin()`" => "let mut lines = aiofile::stdin().reader().lines();", "a line whose wait was given up is there for the next one", "drop(lines);";
}

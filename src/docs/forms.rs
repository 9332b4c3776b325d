//! Which form when.

page! {
    /// Which form when: a chooser, from the plainest to the most general.
    ///
    /// 1. A function of std's, by a path: [`fs`](crate::fs). It opens, works and closes in one job.
    /// 2. A file that stays open: [`File`](crate::File), and its methods by std's names.
    /// 3. Anything else that stays open: [`Aio`](crate::Aio), and the forms of the second table.
    /// 4. Nothing that stays open: [`unblock`](crate::unblock).
    ///
    /// # `with` or `call`?
    ///
    /// `call` is for one method, whose arguments are owned. `with` is for everything: steps that belong together, what
    /// borrows from the handle, arguments that `call` cannot lend. Both are one hop. Three calls that are awaited one
    /// after the other are three, and another task's call may come in between; three steps in one `with` are one, with
    /// nothing in between.
    ///
    /// The errors of both are the method's own, and name no file: see [errors](crate::docs::errors#where-the-path-is).
    ///
    /// # Many tasks, one log
    ///
    /// A [`Writer`](crate::Writer) takes `&mut self`, so it belongs to one task. What many tasks write to is the
    /// [`File`](crate::File), a clone for each, and one `write_all` for each line: a call is never torn, and the calls
    /// that come while one runs share its hop.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap().block_on(async {
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("log");
    /// let log = aiofile::File::options().append(true).create(true).open(&path).await?;
    /// let tasks: Vec<_> = (0..10)
    ///     .map(|task| {
    ///         let log = log.clone();
    ///         tokio::spawn(async move { log.write_all(format!("task {task}\n")).await })
    ///     })
    ///     .collect();
    /// for task in tasks {
    ///     task.await??;
    /// }
    /// log.close().await?; // for all the clones
    /// # let text = std::fs::read_to_string(&path)?;
    /// # let mut lines: Vec<_> = text.lines().collect();
    /// # lines.sort();
    /// # assert_eq!(lines, (0..10).map(|task| format!("task {task}")).collect::<Vec<_>>());
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap()
    /// ```
    ///
    /// One task that writes many small pieces, and nobody else who does, is what a `Writer` is for: its `Ok` means
    /// accepted, `flush` that it is in the file, `close` that it is closed.
    ///
    /// # A socket, or a terminal, both ways
    ///
    /// The calls of one handle run one after the other: a read that waits for the other side holds up the write that the
    /// other side waits for. What is read and written at the same time is two handles:
    ///
    /// ```
    /// # #[cfg(unix)]
    /// # pollster::block_on(async {
    /// use aiofile::Aio;
    /// use std::os::unix::net::UnixStream;
    ///
    /// let (ours, theirs) = UnixStream::pair()?;
    /// let (from, to) = (Aio::new(ours.try_clone()?), Aio::new(ours));
    /// let mut answer = [0; 4];
    /// let waits = from.read_exact(&mut answer);
    /// to.write_all("ping").await?;
    /// # let theirs = Aio::new(theirs);
    /// # theirs.read_exact(&mut [0; 4]).await?;
    /// # theirs.write_all("pong").await?;
    /// waits.await?;
    /// assert_eq!(&answer, b"pong");
    /// # Ok::<_, std::io::Error>(()) }).unwrap()
    /// ```
    ///
    /// # `File`, or `Aio<std::fs::File>`?
    ///
    /// [`File`](crate::File): it has a path, its errors name it, and it has std's methods. It holds an
    /// `Arc<std::fs::File>`, which is `Read`, `Write` and `Seek` too. What asks for a `&mut std::fs::File` is for an
    /// `Aio<std::fs::File>`; what takes the file by value, an encoder say, gets it from
    /// [`into_std`](crate::File::into_std).
    pub mod which_form;

    before r#"
        use aiofile::{AsyncFile, proxy};
        let text = &mut String::new();
        let (head, tail) = (&mut [0; 3], &mut [0; 4]);
        fn work() -> u32 { 42 }
        let out = Aio::new(BufWriter::new(Vec::new()));
        let list = Aio::new(vec![3, 1, 2]);
        proxy! { pub trait AsyncList for Aio<Vec<u32>> { fn push(&mut self, x: u32); } }
    "#;

    /// # Files
    ["to", "write", "remarks"]
    "read or write a whole file" => "let text = fs::read_to_string(&path).await?;", "[`fs`](crate::fs): one job; nothing stays open", "assert_eq!(text.len(), 8);";
    "replace a file, all or nothing" => "fs::write_atomic(&path, \"new\").await?;", "[`write_atomic`](crate::fs::write_atomic): also after a power cut", "assert_eq!(std::fs::read(&path)?, b\"new\");";
    "read, write, seek, sync an open file" => "f.write_all(\"1\").await?;", "[`File`](crate::File): errors name operation and path; `&self`", "assert_eq!(std::fs::read(&path)?, b\"1ne\\ntwo\\n\");";
    "do several steps, and nobody in between" => "let len = f.with(" | "f" | " { f.set_len(3)?; f.metadata() }).await?.len();", "[`with`](crate::Aio::with): one hop; errors are std's", "assert_eq!(len, 3);";
    "read from many places at once" => "let both = (f.read_exact_at(head, 0), f.read_exact_at(tail, 4));", "in parallel, beside the queue (Unix)", "both.0.await?; both.1.await?; assert_eq!((&*head, &*tail), (b\"one\", b\"two\\n\"));";
    "read lines, or piece by piece" => "let mut lines = f.reader().lines();", "[`Reader`](crate::Reader): reads ahead; `&mut self`", "assert_eq!(lines.next_line().await?.unwrap(), \"one\");";
    "write many small pieces, from one task" => "let mut out = f.writer();", "[`Writer`](crate::Writer): `Ok` means accepted; `&mut self`", "out.write_all(b\"1\").await?; out.close().await?; assert_eq!(std::fs::read(&path)?[0], b'1');";
    "write from many tasks" => "f.clone().write_all(\"a line\\n\").await?;", "above: many tasks, one log", "";
    "take any file, also one of the caller's own making" => "let any: &dyn AsyncFile = &f;", "[`AsyncFile`](crate::AsyncFile): one allocation more a call", "any.read_to_string(text).await?; assert_eq!(text.len(), 8);";
    "pass it to code that asks for `AsyncRead`, `AsyncWrite`" => "let mut reader: Box<dyn futures_lite::AsyncBufRead> = Box::new(f.reader());", "futures-io's; with the feature `tokio` also tokio's", "";

    /// # Anything else
    ["to", "write", "remarks"]
    "wrap a value" => "let list = Aio::new(vec![3, 1, 2]);", "[`Aio`](crate::Aio): any type that is `Send`", "assert!(!list.is_closed());";
    "call one method" => "list.call(Vec::push, (4,)).await;", "[`call`](crate::Aio::call): `&self` and `&mut self`; not what returns a borrow", "assert_eq!(list.call(Vec::len, ()).await, 4);";
    "call one that fills a buffer" => "let (n, buffer) = f.call(Read::read, ([0; 3],)).await;", "the buffer comes back", "assert_eq!((n?, &buffer), (3, b\"one\"));";
    "do several steps, use what borrows" => "let first = list.with(" | "list" | " { list.sort(); list.first().copied() }).await;", "[`with`](crate::Aio::with): what it takes and gives is owned", "assert_eq!(first, Some(1));";
    "call one that takes `self`" => "let inner = out.finish(BufWriter::into_inner).await?;", "[`finish`](crate::Aio::finish): then the handle is closed", "assert!(inner.is_empty());";
    "keep a method as a value" => "let set_len = f.method(std::fs::File::set_len);", "[`method`](crate::Aio::method): arguments by value; keeps the handle open", "set_len(3).await?; assert_eq!(f.metadata().await?.len(), 3);";
    "call methods by their names, or behind a `dyn`" => "list.push(4).await;", "[`proxy!`](crate::proxy): declared once; object safe; a `&str` is copied once", "assert_eq!(list.call(Vec::len, ()).await, 4);";
    "read or write what is `Read` or `Write`" => "out.write_all(\"1\").await?;", "std's names, also `reader()` and `writer()`", "assert_eq!(out.with(|out| out.buffer().len()).await, 1);";
    "run a function" => "let answer = unblock(work).await;", "[`unblock`](crate::unblock); [`Pool::run`](crate::Pool::run) on a pool of your own", "assert_eq!(answer, 42);";
    "bound how many run at once" => "let one = Aio::on(&Pool::new(5), 1);", "[pools](crate::docs::pools)", "assert_eq!(one.with(|one| *one).await, 1);";
    "wait where nothing is async" => "let answer = unblock(work).wait();", "[`wait`](crate::Call::wait): not on an async thread", "assert_eq!(answer, 42);";
}

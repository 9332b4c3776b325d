//! From Python.

page! {
    /// What Python's names become: the methods of a file object under `AIOWrapper`, aiofiles, anyio or trio, and the
    /// functions of asyncio that make tasks, wait for them, and bring work to a pool.
    ///
    /// What is said of these was measured with aiofiles 25.1, anyio 4.16 and trio 0.35 on Linux.
    ///
    /// # What changes
    ///
    /// | | Python | here |
    /// |---|---|---|
    /// | which methods | `AIOWrapper`: any, by name, at run time; aiofiles, trio: those of a list | any, by path, checked by the compiler |
    /// | concurrent writes on one file | corrupt it, or come in another order | run one at a time, in the order made |
    /// | an open that is cancelled | leaks the descriptor | the file is opened, and closed |
    /// | lines | one hop for each (aiofiles, trio) | 128 KiB at a time, ahead of the reader |
    /// | what is raised | an exception | an `Err`, with operation, path and `errno`: [errors](crate::docs::errors) |
    /// | CPU-bound work | a `ProcessPoolExecutor` | a [`Pool`](crate::Pool): threads run at the same time |
    ///
    /// # What does not change
    ///
    /// * As with `run_in_executor`, a call is queued when it is made, and what runs on a thread cannot be stopped. A
    ///   timeout ends the wait alone. (Those of anyio and trio wait for the thread, unless they are told
    ///   `abandon_on_cancel=True`.)
    /// * A file that is forgotten is closed, some time later; `close` says when, and how it went.
    ///
    /// # What to look out for
    ///
    /// * `read` gives bytes, and text where it is asked for: `read_to_string`. `t` and `b` mean the same: bytes.
    /// * There is no event loop of this crate's. Any executor will do: `pollster::block_on(main())`, `#[tokio::main]`. The
    ///   rows with `tokio::` need tokio, or what another executor has for it.
    /// * `async with` is the end of a scope: a file is closed when its last handle is dropped.
    ///
    /// In the tables, `f` is a [`File`](crate::File) from [`open`](crate::open), which takes Python's modes; `lines` is
    /// an [`Aio`](crate::Aio)`<BufReader<std::fs::File>>`, for what Python's buffered files do.
    pub mod from_python;

    before r#"
        use tokio::{task::JoinSet, time::{sleep, timeout}};
        let lines = Aio::new(BufReader::new(std::fs::File::open(&path)?));
        let (five, t) = (Pool::new(5), Duration::from_millis(9));
        let other = &dir.path().join("other.txt");
        let path = &path;
        fn work() -> u32 { 42 }
        fn done(read: aiofile::Result<Vec<u8>>) -> usize { read.map_or(0, |bytes| bytes.len()) }
        async fn job(n: u32) -> u32 { n }
    "#;

    /// # A file
    ["Python", "here", "what differs"]
    "`await open_async(path, 'w')`, `await aiofiles.open(path, 'w')`, `await anyio.open_file(path, 'w')`, `await trio.open_file(path, 'w')`" => "let f = aiofile::open(path, \"w\").await?;", "any other mode is an error", "assert_eq!(f.metadata().await?.len(), 0);";
    "`await f.read()`" => "let mut all = String::new(); f.read_to_string(&mut all).await?;", "`read_to_end` for bytes", "assert_eq!(all, \"one\\ntwo\\n\");";
    "`await f.read(3)`" => "let mut b = [0; 3]; let n = f.read(&mut b).await?;", "may give less than is there; `read_exact` does not", "assert_eq!(&b[..n], b\"one\");";
    "`await f.readinto(b)`" => "let mut b = vec![0; 8]; f.read_exact(&mut b).await?;", "less is an error", "assert_eq!(b, b\"one\\ntwo\\n\");";
    "`await f.readline()`" => "let (n, line) = lines.call(BufRead::read_line, (String::new(),)).await;", "the buffer comes back", "assert_eq!((n?, line.as_str()), (4, \"one\\n\"));";
    "`await f.readlines()`" => "let all = lines.with(" | "f" | " f.lines().collect::<Result<Vec<_>, _>>()).await?;", "without the ends", "assert_eq!(all, [\"one\", \"two\"]);";
    "`async for line in f`" => "let mut lines = f.reader().lines(); while let Some(line) = lines.next_line().await? { print!(\"{line}\"); }", "without the ends", "";
    "`await f.write(b)`" => "f.write_all(\"1\").await?;", "all of it is in the file, or it is an error", "assert_eq!(std::fs::read(path)?, b\"1ne\\ntwo\\n\");";
    "`await f.writelines(parts)`" => "f.write_all([\"1\", \"2\"].concat()).await?;", "", "assert_eq!(std::fs::read(path)?, b\"12e\\ntwo\\n\");";
    "`await f.seek(4)`" => "f.seek(SeekFrom::Start(4)).await?;", "", "assert_eq!(f.stream_position().await?, 4);";
    "`await f.seek(-4, os.SEEK_END)`" => "f.seek(SeekFrom::End(-4)).await?;", "", "assert_eq!(f.stream_position().await?, 4);";
    "`await f.tell()`" => "let at = f.stream_position().await?;", "", "assert_eq!(at, 0);";
    "`await f.truncate(3)`" => "f.set_len(3).await?;", "", "assert_eq!(f.metadata().await?.len(), 3);";
    "`await f.truncate()`" => "f.with(" | "f" | " { let at = f.stream_position()?; f.set_len(at) }).await?;", "", "assert_eq!(f.metadata().await?.len(), 0);";
    "`await f.flush()`" => "f.flush().await?;", "there is nothing to flush", "";
    "`os.fsync(f.fileno())`" => "f.sync_all().await?;", "a failed one stays failed", "";
    "`f.fileno()`" => "let std = f.as_std();", "std's file, for its descriptor; while it is held, `close` fails", "assert!(std.is_some());";
    "`await f.isatty()`" => "let terminal = f.with(" | "f" | " f.is_terminal()).await;", "", "assert!(!terminal);";
    "`f.name`" => "let name = f.path();", "", "assert_eq!(name, Some(path.as_path()));";
    "`f.closed`" => "let closed = f.is_closed();", "", "assert!(!closed);";
    "`f.detach()`" => "let f = f.into_std().await?;", "", "assert_eq!(f.metadata()?.len(), 8);";
    "`await f.close()`, `await f.aclose()`" => "f.close().await?;", "for all clones; gives the error of close(2)", "";
    "`await getattr(f, name)(*args)`" => "f.call(std::fs::File::set_len, (3,)).await?;", "the name is a path; `(3,)` is one argument", "assert_eq!(f.metadata().await?.len(), 3);";
    "`g = f.truncate; await g(3)`" => "let g = f.method(std::fs::File::set_len); g(3).await?;", "", "assert_eq!(f.metadata().await?.len(), 3);";
    "`AIOWrapper(anything)`, `anyio.wrap_file(anything)`, `trio.wrap_file(anything)`" => "let anything = Aio::new(vec![3, 1, 2]);", "not only files", "assert_eq!(anything.with(|list| { list.sort(); list[0] }).await, 1);";
    "`aiofiles.stdin`" => "let mut lines = aiofile::stdin().reader().lines();", "", "drop(lines);";

    /// # Files by their path
    ["aiofiles.os, anyio.Path, trio.Path, shutil", "here", "what differs"]
    "`await Path(p).read_text()`" => "let text = fs::read_to_string(path).await?;", "one job; `fs::read` for bytes", "assert_eq!(text, \"one\\ntwo\\n\");";
    "`await Path(p).write_text(s)`" => "fs::write(path, \"s\").await?;", "one job; all or nothing: `fs::write_atomic`", "assert_eq!(std::fs::read(path)?, b\"s\");";
    "`await os.stat(p)`" => "let size = fs::metadata(path).await?.len();", "", "assert_eq!(size, 8);";
    "`await os.path.exists(p)`" => "let there = fs::exists(path).await?;", "what cannot be known is an error", "assert!(there);";
    "`await os.rename(p, other)`" => "fs::rename(path, other).await?;", "the error names both paths", "assert!(other.exists());";
    "`await os.remove(p)`" => "fs::remove_file(path).await?;", "", "assert!(!path.exists());";
    "`await os.makedirs(p, exist_ok=True)`" => "fs::create_dir_all(dir.path().join(\"a/b\")).await?;", "", "assert!(dir.path().join(\"a/b\").is_dir());";
    "`await os.scandir(dir)`" => "let mut entries = fs::read_dir(&dir).await?;", "then `entries.next_entry().await?`; up to 1,024 a hop", "assert!(entries.next_entry().await?.is_some());";
    "`Path(dir).rglob('*')`" => "let mut below = fs::walk(&dir).await?;", "", "assert!(below.next_entry().await?.is_some());";
    "`shutil.copy(p, other)`" => "fs::copy(path, other).await?;", "`fs::copy_with` tells how far it is", "assert!(other.exists());";

    /// # Threads
    ["Python", "here", "what differs"]
    "`await loop.run_in_executor(None, work)`, `await asyncio.to_thread(work)`, `await anyio.to_thread.run_sync(work)`" => "let answer = unblock(work).await;", "a panic resumes here", "assert_eq!(answer, 42);";
    "`ThreadPoolExecutor(max_workers=5)`, `CapacityLimiter(5)`" => "let five = Pool::new(5);", "its threads come and go", "assert_eq!(five.run(|| 1).await, 1);";
    "`await loop.run_in_executor(five, work)`, `to_thread.run_sync(work, limiter=five)`" => "let answer = five.run(work).await;", "", "assert_eq!(answer, 42);";
    "`loop.set_default_executor(five)`" => "Pool::set_default(five);", "for all handles that are made later", "assert_eq!(unblock(work).await, 42);";
    "`five.shutdown()`" => "let stuck = five.shutdown(Duration::from_secs(60)).await;", "names what is stuck", "assert!(stuck.is_empty());";
    "`asyncio.Lock()` around a file" => "let len = f.with(" | "f" | " { f.set_len(3)?; f.metadata() }).await?.len();", "not needed: nobody comes in between", "assert_eq!(len, 3);";

    /// # Tasks
    ///
    /// A [`Call`](crate::Call) is made and runs, as a task does; so a loop that awaits one call after the other is a
    /// `gather`. An `async fn` of yours runs only while it is awaited: it wants a task.
    ["asyncio", "here", "what differs"]
    "`asyncio.run(job(1))`" => "let one = pollster::block_on(job(1));", "or `#[tokio::main]`; any executor", "assert_eq!(one, 1);";
    "`await asyncio.gather(*calls)`" => "let calls = [path; 3].map(fs::read); let mut all = vec![]; for call in calls { all.push(call.await?); }", "all of them run from when they are made", "assert_eq!(all.concat().len(), 24);";
    "`await asyncio.gather(job(1), job(2))`" => "let (one, two) = tokio::join!(job(1), job(2));", "`try_join!` for the first error", "assert_eq!((one, two), (1, 2));";
    "`task = asyncio.create_task(job(1))`" => "let task = tokio::spawn(job(1));", "for a call: `let task = f.sync_all();`", "assert_eq!(task.await?, 1);";
    "`task.cancel()`" => "let taken_back = f.write_all(\"x\").cancel();", "a call that has not started, and says so; `abort` of a tokio task ends its waits alone", "f.close().await?; assert_eq!(taken_back, std::fs::read(path)?[0] == b'o');";
    "`asyncio.TaskGroup()`, `asyncio.as_completed(jobs)`" => "let mut jobs = JoinSet::from_iter([1, 2].map(job)); while let Some(job) = jobs.join_next().await { println!(\"{}\", job?); }", "", "";
    "`await asyncio.wait(jobs, return_when=FIRST_COMPLETED)`" => "let mut jobs = JoinSet::from_iter([1, 2].map(job)); let first = jobs.join_next().await;", "the others go on until `jobs` is dropped", "assert!(first.unwrap()? < 3);";
    "`await asyncio.wait_for(call, 60)`" => "let all = timeout(Duration::from_secs(60), fs::read(path)).await??;", "ends the wait, not the work", "assert_eq!(all.len(), 8);";
    "`await asyncio.shield(call)`" => "f.write_all(\"1\").await?;", "not needed: who stops waiting stops nothing", "";
    "`loop.call_soon(f.write, b)`" => "let soon = f.write_all(\"1\");", "a call is queued by making it", "soon.await?;";
    "`loop.call_later(t, f.write, b)`" => "let later = tokio::spawn(async move { sleep(t).await; f.write_all(\"1\").await });", "`sleep_until` for `call_at`; `later.abort()` takes it back", "later.await??; assert_eq!(std::fs::read(path)?[0], b'1');";
    "`call.add_done_callback(done)`" => "let told = tokio::spawn(fs::read(path).map(done));", "`map` alone calls nothing back: it runs in the task that awaits it", "assert_eq!(told.await?, 8);";
}

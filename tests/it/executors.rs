//! Promise 11: any executor. Each of them runs the same program.

use crate::support::SOON;
use aiofile::{Aio, File, Result};
use std::path::Path;

/// Files from many calls at once, a handle shared by clones, and what `join` does with two calls.
async fn program(dir: &Path) -> Result<usize> {
    let files: Vec<File> = {
        let mut files = Vec::new();
        for i in 0..10 {
            files.push(aiofile::open(dir.join(i.to_string()), "w+").await?);
        }
        files
    };
    let writes: Vec<_> = files.iter().map(|file| file.write_all(vec![b'x'; 1000])).collect();
    for write in writes {
        write.await?;
    }
    let total = Aio::new(0);
    for file in files {
        let mut content = Vec::new();
        file.rewind().await?;
        file.read_to_end(&mut content).await?;
        let len = content.len();
        drop(total.clone().with(move |total| *total += len)); // abandoned, and counted
        file.close().await?;
    }
    Ok(total.finish(|total| total).await)
}

fn check(run: impl FnOnce(&Path) -> Result<usize>) {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(run(dir.path()).unwrap(), 10_000);
}

#[test]
fn tokio_with_many_threads() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    check(|dir| {
        let dir = dir.to_owned();
        runtime.block_on(async move { tokio::spawn(async move { program(&dir).await }).await.unwrap() })
    });
}

#[test]
fn tokio_with_the_current_thread() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    check(|dir| runtime.block_on(program(dir)));
}

#[test]
fn smol() {
    let executor = async_executor::Executor::new();
    check(|dir| {
        let dir = dir.to_owned();
        futures_lite::future::block_on(executor.run(executor.spawn(async move { program(&dir).await })))
    });
}

#[test]
fn pollster() {
    check(|dir| pollster::block_on(program(dir)));
}

#[test]
fn ten_lines_of_block_on() {
    check(|dir| crate::support::block_on(program(dir)));
}

/// On every supply of threads, under an executor that is not its own.
#[test]
fn every_supply_of_threads() {
    let pools = [
        aiofile::Pool::default(),
        aiofile::Pool::new(2),
        aiofile::Pool::from_fn(|job| drop(std::thread::spawn(move || job.run()))),
    ];
    for pool in pools {
        let list = Aio::on(&pool, Vec::new());
        pollster::block_on(async {
            list.write_all("ab").await.unwrap();
            list.write_all("c").await.unwrap();
        });
        assert_eq!(pollster::block_on(list.finish(|list| list)), b"abc");
    }
}

#[cfg(feature = "tokio")]
#[test]
fn tokio_as_the_supply_of_threads() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let pool = aiofile::Pool::tokio(runtime.handle().clone());
    let name = pollster::block_on(pool.run(|| std::thread::current().name().map(String::from)));
    assert_eq!(name.as_deref(), Some("tokio-rt-worker"));
    let limited = pool.limit(1);
    assert_eq!(pollster::block_on(limited.run(|| 1)), 1);
}

/// It stops the executor for as long as the call takes, and then goes on: also when it is time to give way to other tasks.
#[test]
fn a_wait_in_a_task_of_tokio_goes_on() {
    const TIMES: usize = 200;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("small");
    std::fs::write(&path, [b'x'; 60_000]).unwrap();
    let (say, done) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let task = async move {
            for _ in 0..TIMES {
                aiofile::fs::read(&path).await.unwrap(); // by now it knows the tasks of tokio
            }
            for _ in 0..TIMES {
                aiofile::fs::read(&path).wait().unwrap();
                pollster::block_on(aiofile::fs::read(&path)).unwrap();
            }
            let handle = aiofile::Aio::new(0);
            for _ in 0..TIMES {
                let call = handle.with(|count| *count += 1);
                while handle.with(|count| *count).wait() == 0 {}
                call.wait(); // it has ended
            }
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async { tokio::spawn(task).await.unwrap() });
        say.send(()).unwrap();
    });
    done.recv_timeout(SOON).expect("a wait that does not end");
}

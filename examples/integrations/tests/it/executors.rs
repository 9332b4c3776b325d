//! The same handles under other executors: tokio, both flavours, and smol's. (The other modules use
//! pollster.)

use crate::support::{Result, text};
use aiofile::{Aio, Pool};
use flate2::{Compression, write::GzEncoder};
use futures_lite::future;
use rusqlite::{Connection, Row};
use std::io::Write;
use tokio::runtime::{Builder, Handle};

const TABLE: &str = "create table log (task integer, n integer)";
const INSERT: &str = "insert into log values (?1, ?2)";
/// For each task, whether its rows are in the order in which it made them.
const ORDERED: &str =
    "select count(*) from (select n, row_number() over (partition by task order by rowid) - 1 as r
    from log) where n = r";

fn count(row: &Row<'_>) -> rusqlite::Result<i64> {
    row.get(0)
}

/// What one of several tasks does with one connection.
async fn insert(db: Aio<Connection>, task: i64) -> rusqlite::Result<usize> {
    let mut inserted = 0;
    for n in 0..50 {
        inserted += db.call(Connection::execute, (INSERT, (task, n))).await?;
    }
    Ok(inserted)
}

/// Nothing of it knows the executor.
async fn compress(text: String) -> std::io::Result<Vec<u8>> {
    let gz = Aio::new(GzEncoder::new(Vec::new(), Compression::default()));
    gz.call(Write::write_all, (text.into_bytes(),)).await?;
    gz.finish(GzEncoder::finish).await
}

fn compress_synchronously(text: &str) -> std::io::Result<Vec<u8>> {
    let mut gz = GzEncoder::new(Vec::new(), Compression::default());
    gz.write_all(text.as_bytes())?;
    gz.finish()
}

#[test]
fn tokio_with_many_threads() -> Result {
    Builder::new_multi_thread().worker_threads(2).build()?.block_on(async {
        let db = Aio::new(Connection::open_in_memory()?);
        db.call(Connection::execute_batch, (TABLE,)).await?;
        let tasks: Vec<_> = (0..4).map(|task| tokio::spawn(insert(db.clone(), task))).collect();
        for task in tasks {
            assert_eq!(task.await??, 50);
        }
        assert_eq!(db.call(Connection::query_row, (ORDERED, (), count)).await?, 200);
        db.finish(Connection::close).await.map_err(|(_, error)| error)?;
        assert_eq!(tokio::spawn(compress(text())).await??, compress_synchronously(&text())?);
        Ok(())
    })
}

#[test]
fn tokio_with_one_thread() -> Result {
    Builder::new_current_thread().build()?.block_on(async {
        let packed = tokio::spawn(compress(text()));
        assert_eq!(packed.await??, compress_synchronously(&text())?);
        Ok(())
    })
}

#[test]
fn tokio_with_its_own_blocking_threads() -> Result {
    Builder::new_multi_thread().worker_threads(1).thread_name("of tokio").build()?.block_on(async {
        let db = Aio::on(&Pool::tokio(Handle::current()), Connection::open_in_memory()?);
        let thread = db.with(|_| std::thread::current().name().map(String::from)).await;
        assert_eq!(thread.as_deref(), Some("of tokio"));
        db.call(Connection::execute_batch, (TABLE,)).await?;
        assert_eq!(tokio::spawn(insert(db.clone(), 1)).await??, 50);
        assert_eq!(db.call(Connection::query_row, (ORDERED, (), count)).await?, 50);
        Ok(())
    })
}

#[test]
fn smol() -> Result {
    let executor = async_executor::Executor::new();
    future::block_on(executor.run(async {
        let db = Aio::new(Connection::open_in_memory()?);
        db.call(Connection::execute_batch, (TABLE,)).await?;
        let tasks: Vec<_> = (0..4).map(|task| executor.spawn(insert(db.clone(), task))).collect();
        for task in tasks {
            assert_eq!(task.await?, 50);
        }
        assert_eq!(db.call(Connection::query_row, (ORDERED, (), count)).await?, 200);
        assert_eq!(executor.spawn(compress(text())).await?, compress_synchronously(&text())?);
        Ok(())
    }))
}

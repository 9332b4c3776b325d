//! `Connection`: `Send`, but not `Sync`.

use crate::support::Result;
use aiofile::{Aio, unblock};
use futures_lite::future;
use pollster::block_on;
use rusqlite::{Connection, OptionalExtension, Row, Statement, params};
use std::time::Duration;

const TABLE: &str = "create table city (name text primary key, population integer) strict";
const INSERT: &str = "insert into city values (?1, ?2)";
const NAMES: &str = "select name from city order by name";

fn names(db: &mut Connection) -> rusqlite::Result<Vec<String>> {
    db.prepare(NAMES)?.query_map((), |row| row.get(0))?.collect()
}

#[test]
fn any_method_gives_what_it_gives_synchronously() -> Result {
    let mut sync = Connection::open_in_memory()?;
    sync.execute_batch(TABLE)?;
    block_on(async {
        let db = Aio::new(Connection::open_in_memory()?);
        db.call(Connection::execute_batch, (TABLE,)).await?;

        // By path: SQL by value or lent, parameters by value, a closure for the row.
        let changed = db.call(Connection::execute, (INSERT, ("Bern", 137_000))).await?;
        assert_eq!(changed, sync.execute(INSERT, ("Bern", 137_000))?);
        let params = (String::from("Basel"), None::<i64>);
        let changed = db.call(Connection::execute, (String::from(INSERT), params.clone())).await?;
        assert_eq!(changed, sync.execute(INSERT, params)?);
        assert_eq!(db.call(Connection::last_insert_rowid, ()).await, sync.last_insert_rowid());
        let sql = "select population from city where name = ?1";
        let get = |row: &Row<'_>| row.get::<_, i64>(0);
        let population = db.call(Connection::query_row, (sql, ["Bern"], get)).await?;
        assert_eq!(population, sync.query_row(sql, ["Bern"], get)?);
        let none = db.call(Connection::query_row, (sql, ["Genf"], get)).await.optional()?;
        assert_eq!(none, sync.query_row(sql, ["Genf"], get).optional()?);

        // By closure: what borrows the connection, and what is not `Send` (`params!`).
        assert_eq!(db.with(|db| db.execute(INSERT, params!["Chur", 38_000])).await?, 1);
        sync.execute(INSERT, params!["Chur", 38_000])?;
        let columns = |statement: &Statement<'_>| statement.column_count();
        assert_eq!(db.with(move |db| db.prepare(NAMES).map(|s| columns(&s))).await?, 1);
        assert_eq!(db.call(names, ()).await?, names(&mut sync)?);

        // Errors are its own.
        let error = db.call(Connection::execute, (INSERT, ("Bern", 1))).await.unwrap_err();
        assert_eq!(error, sync.execute(INSERT, ("Bern", 1)).unwrap_err());
        assert_eq!(db.call(Connection::total_changes, ()).await, sync.total_changes());
        db.finish(Connection::close).await.map_err(|(_, error)| error)?;
        Ok(())
    })
}

#[test]
fn a_transaction_is_one_hop() -> Result {
    fn insert_two(db: &mut Connection) -> rusqlite::Result<usize> {
        let transaction = db.transaction()?;
        let first = transaction.execute(INSERT, ("a", 1))?;
        let second = transaction.execute(INSERT, ("b", 2))?;
        transaction.commit()?;
        Ok(first + second)
    }
    let mut sync = Connection::open_in_memory()?;
    sync.execute_batch(TABLE)?;
    block_on(async {
        let db = Aio::new(Connection::open_in_memory()?);
        db.call(Connection::execute_batch, (TABLE,)).await?;
        assert_eq!(db.with(insert_two).await?, insert_two(&mut sync)?);
        // The second time the key is there: nothing of it stays.
        assert_eq!(db.call(insert_two, ()).await, insert_two(&mut sync));
        assert_eq!(db.call(names, ()).await?, names(&mut sync)?);
        assert!(db.call(Connection::is_autocommit, ()).await);
        Ok(())
    })
}

#[test]
fn a_file_is_the_same_for_both() -> Result {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("cities.db");
    block_on(async {
        let file = path.clone();
        let db = Aio::new(unblock(|| Connection::open(file)).await?);
        db.call(Connection::busy_timeout, (Duration::from_secs(1),)).await?;
        db.call(Connection::pragma_update, (None, "user_version", 7)).await?;
        db.call(Connection::execute_batch, (TABLE,)).await?;
        db.call(Connection::execute, (INSERT, ("Thun", 44_000))).await?;
        let first = |row: &Row<'_>| row.get::<_, i64>(0);
        let version = db.call(Connection::pragma_query_value, (None, "user_version", first)).await?;
        let path_of_db = db.with(|db| db.path().map(String::from)).await;
        db.finish(Connection::close).await.map_err(|(_, error)| error)?;

        let mut sync = Connection::open(&path)?;
        assert_eq!(path_of_db.as_deref(), sync.path());
        assert_eq!(version, sync.pragma_query_value(None, "user_version", first)?);
        assert_eq!(names(&mut sync)?, ["Thun"]);
        Ok(())
    })
}

aiofile::proxy! {
    /// A declared mirror: the methods are called on the handle, and what they borrow is copied.
    trait AsyncSql for Aio<Connection> {
        fn execute_batch(&self, sql: &str) -> rusqlite::Result<()>;
        fn last_insert_rowid(&self) -> i64;
    }
}

#[test]
fn a_mirror_gives_what_the_connection_gives() -> Result {
    let fill = format!("{TABLE}; insert into city values ('Uster', 35000)");
    let sync = Connection::open_in_memory()?;
    sync.execute_batch(&fill)?;
    block_on(async {
        let db = Aio::new(Connection::open_in_memory()?);
        db.execute_batch(&fill).await?;
        assert_eq!(db.last_insert_rowid().await, sync.last_insert_rowid());
        assert_eq!(db.execute_batch(TABLE).await, sync.execute_batch(TABLE)); // the same error
        Ok(())
    })
}

/// Compiles only if `Connection` is not `Sync`: otherwise both implementations fit.
fn assert_not_sync() {
    trait Fits<Reason> {
        fn fits() {}
    }
    impl<T: ?Sized> Fits<()> for T {}
    impl<T: ?Sized + Sync> Fits<u8> for T {}
    <Connection as Fits<_>>::fits();
}

#[test]
fn a_handle_that_is_not_sync_is_used_from_many_threads() -> Result {
    fn assert_send_and_sync<T: Send + Sync>(_: &T) {}
    assert_not_sync();
    block_on(async {
        let db = Aio::new(Connection::open_in_memory()?);
        assert_send_and_sync(&db);
        db.call(Connection::execute_batch, (TABLE,)).await?;
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let db = &db;
                scope.spawn(move || {
                    for n in 0..25 {
                        let insert = db.call(Connection::execute, (INSERT, (format!("{thread}/{n}"), n)));
                        assert_eq!(block_on(insert), Ok(1));
                    }
                });
            }
        });
        let count = |row: &Row<'_>| row.get::<_, i64>(0);
        assert_eq!(db.call(Connection::query_row, ("select count(*) from city", (), count)).await?, 100);
        Ok(())
    })
}

#[test]
fn a_query_is_interrupted_while_it_runs() -> Result {
    const ENDLESS: &str =
        "with recursive n(x) as (select 1 union all select x + 1 from n) select max(x) from n";
    block_on(async {
        let db = Aio::new(Connection::open_in_memory()?);
        let interrupt = db.call(Connection::get_interrupt_handle, ()).await;
        let query = db.call(Connection::query_row, (ENDLESS, (), |row: &Row<'_>| row.get::<_, i64>(0)));
        let nag = async {
            loop {
                interrupt.interrupt(); // does nothing until the query runs
                future::yield_now().await;
            }
        };
        let error = future::or(query, nag).await.unwrap_err();
        assert_eq!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::OperationInterrupted));
        Ok(())
    })
}

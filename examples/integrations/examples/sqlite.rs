//! A database: created, filled by several tasks, asked.
//!
//! `cargo run --manifest-path examples/integrations/Cargo.toml --example sqlite`

use aiofile::{Aio, unblock};
use futures_lite::future;
use rusqlite::{Connection, Row};
use std::error::Error;

const INSERT: &str = "insert into city (name, population) values (?1, ?2)";

/// Several steps that belong together run in one hop, and nothing comes between them.
fn insert_all(db: &mut Connection, cities: Vec<(&str, i64)>) -> rusqlite::Result<usize> {
    let transaction = db.transaction()?;
    for city in &cities {
        transaction.execute(INSERT, *city)?;
    }
    transaction.commit()?;
    Ok(cities.len())
}

/// What borrows the connection, here a statement and its rows, is used up where it is made.
fn names(db: &mut Connection) -> rusqlite::Result<Vec<String>> {
    db.prepare("select name from city order by population desc")?.query_map((), |row| row.get(0))?.collect()
}

fn main() -> Result<(), Box<dyn Error>> {
    pollster::block_on(async {
        let dir = unblock(tempfile::tempdir).await?;
        let path = dir.path().join("cities.db");
        // `Connection` is not `Sync`, its handle is: clones of it go where they are needed.
        let db = Aio::new(unblock(|| Connection::open(path)).await?);
        db.call(Connection::execute_batch, ("create table city (name text, population integer)",)).await?;

        // Methods by their paths: the arguments are a tuple, what the method borrows is lent to it.
        let zurich = db.call(Connection::execute, (INSERT, ("Zürich", 443_037)));
        let geneva = db.call(Connection::execute, (INSERT, (String::from("Genève"), 203_856)));
        let (zurich, geneva) = future::zip(zurich, geneva).await;
        assert_eq!((zurich?, geneva?), (1, 1));

        // A function of your own is a path like any other.
        assert_eq!(db.call(insert_all, (vec![("Bern", 134_794), ("Chur", 38_293)],)).await?, 2);
        assert_eq!(db.with(names).await?, ["Zürich", "Genève", "Bern", "Chur"]);

        // A closure among the arguments names what it takes.
        let sum = |row: &Row<'_>| row.get::<_, i64>(0);
        let sum = db.call(Connection::query_row, ("select sum(population) from city", (), sum)).await?;
        assert_eq!(sum, 443_037 + 203_856 + 134_794 + 38_293);
        println!("{sum} people in {} cities", db.call(Connection::total_changes, ()).await);

        db.finish(Connection::close).await.map_err(|(_, error)| error)?;
        Ok(unblock(|| dir.close()).await?)
    })
}

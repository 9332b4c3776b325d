//! A database whose methods are declared once, by `proxy!`, and then awaited by their names.
//!
//! `cargo run --manifest-path examples/integrations/Cargo.toml --example sqlite`

use aiofile::{Aio, proxy, unblock};
use futures::future::try_join_all;
use rusqlite::Connection;
use std::error::Error;
use std::path::{Path, PathBuf};

const TABLE: &str = "create table city (name text primary key, population integer) strict";

/// What blocks, and knows nothing of being awaited.
struct Cities(Connection);

impl Cities {
    fn create(path: PathBuf) -> rusqlite::Result<Cities> {
        let db = Connection::open(path)?;
        db.execute_batch(TABLE)?;
        Ok(Cities(db))
    }

    fn add(&self, name: &str, population: u32) -> rusqlite::Result<i64> {
        self.0.execute("insert into city values (?1, ?2)", (name, population))?;
        Ok(self.0.last_insert_rowid())
    }

    /// All of them, or none.
    fn add_all(&mut self, cities: Vec<(String, u32)>) -> rusqlite::Result<usize> {
        let transaction = self.0.transaction()?;
        for city in &cities {
            transaction.execute("insert into city values (?1, ?2)", (&city.0, city.1))?;
        }
        transaction.commit()?;
        Ok(cities.len())
    }

    fn larger_than(&self, population: u32) -> rusqlite::Result<Vec<String>> {
        let mut query = self.0.prepare("select name from city where population > ?1 order by name")?;
        query.query_map([population], |row| row.get(0))?.collect()
    }

    fn close(self) -> rusqlite::Result<()> {
        self.0.close().map_err(|(_, error)| error)
    }
}

proxy! {
    /// The same, awaited. Checked against it when this is compiled.
    trait AsyncCities for Aio<Cities> {
        fn add(&self, name: &str, population: u32) -> rusqlite::Result<i64>;
        fn add_all(&mut self, cities: Vec<(String, u32)>) -> rusqlite::Result<usize>;
        fn larger_than(&self, population: u32) -> rusqlite::Result<Vec<String>>;
    }
}

async fn run(dir: &Path) -> Result<(), Box<dyn Error>> {
    let path = dir.join("cities.db");
    // `Connection` is not `Sync`, its handle is: clones of it go where they are needed.
    let cities = Aio::new(unblock(|| Cities::create(path)).await?);
    let rows = [("Bern", 134_794), ("Genève", 203_856), ("Zürich", 443_037)];
    let rows = try_join_all(rows.map(|(name, population)| cities.add(name, population))).await?;
    assert_eq!(rows, [1, 2, 3]);

    let more = vec![("Chur".to_owned(), 38_293), ("Bern".to_owned(), 1)];
    match cities.add_all(more).await {
        Err(error) => println!("{error}"),
        Ok(_) => return Err("there are two cities of one name".into()),
    }
    assert_eq!(cities.larger_than(0).await?, ["Bern", "Genève", "Zürich"], "none of them was added");
    println!("{}", cities.larger_than(200_000).await?.join(", "));
    Ok(cities.finish(Cities::close).await?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    pollster::block_on(run(dir.path()))?;
    Ok(dir.close()?)
}

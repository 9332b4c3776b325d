//! A table, read in batches of rows, and summed up in another one.
//!
//! `cargo run --manifest-path examples/integrations/Cargo.toml --example csv_report`

use aiofile::{Aio, File, fs};
use csv::{Reader, Writer};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

#[derive(Deserialize)]
struct Sale {
    city: String,
    litres: u32,
}

#[derive(Default, Serialize)]
struct Total {
    city: String,
    sales: u32,
    litres: u32,
}

/// Many rows in one hop.
fn batch(rows: &mut Reader<std::fs::File>) -> csv::Result<Vec<Sale>> {
    rows.deserialize().take(1000).collect()
}

async fn sum(path: &Path) -> Result<BTreeMap<String, Total>, Box<dyn Error>> {
    let rows = Aio::new(Reader::from_reader(File::open(path).await?.into_std().await?));
    let mut totals = BTreeMap::new();
    loop {
        let sales = rows.call(batch, ()).await?;
        if sales.is_empty() {
            return Ok(totals);
        }
        for Sale { city, litres } in sales {
            let total: &mut Total = totals.entry(city.clone()).or_default();
            *total = Total { city, sales: total.sales + 1, litres: total.litres + litres };
        }
    }
}

async fn run(dir: &Path) -> Result<(), Box<dyn Error>> {
    let (sales, report) = (dir.join("sales.csv"), dir.join("report.csv"));
    let rows = (0..5000).map(|n| format!("{},{}\n", ["Bern", "Chur", "Genève"][n % 3], n % 7));
    fs::write(&sales, "city,litres\n".to_owned() + &rows.collect::<String>()).await?;

    let out = Aio::new(Writer::from_writer(File::create(&report).await?.into_std().await?));
    for total in sum(&sales).await?.into_values() {
        out.call(Writer::serialize, (total,)).await?;
    }
    out.call(Writer::flush, ()).await?; // what a drop would keep to itself
    print!("{}", fs::read_to_string(&report).await?);

    fs::write(&sales, "city,litres\nBern,1\nChur,many\n").await?;
    match sum(&sales).await {
        Err(error) => println!("{error}"),
        Ok(_) => return Err("\"many\" was summed up".into()),
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    pollster::block_on(run(dir.path()))?;
    Ok(dir.close()?)
}

#![deny(unused_must_use)]

async fn write() -> aiofile::Result<()> {
    let file = aiofile::open("x", "w").await?;
    file.write_all("x");
    Ok(())
}

fn main() {
    let _ = write();
}

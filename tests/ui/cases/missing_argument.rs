use aiofile::Aio;
use std::fs::File;

fn main() {
    let file = Aio::new(File::open("x").unwrap());
    let _ = file.call(File::set_len, ());
}

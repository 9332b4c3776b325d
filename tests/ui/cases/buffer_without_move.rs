use aiofile::Aio;
use std::fs::File;
use std::io::Read;

fn main() {
    let file = Aio::new(File::open("x").unwrap());
    let mut buffer = [0; 4];
    let _ = file.with(|file| file.read(&mut buffer));
}

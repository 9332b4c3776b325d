use aiofile::Aio;
use std::io::BufWriter;

fn main() {
    let out = Aio::new(BufWriter::new(Vec::new()));
    let _ = out.call(BufWriter::into_inner, ());
}

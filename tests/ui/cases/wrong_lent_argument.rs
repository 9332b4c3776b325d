use aiofile::Aio;
use std::io::Write;

fn main() {
    let out = Aio::new(Vec::new());
    let _ = out.call(Write::write_all, (vec!["text"],));
}

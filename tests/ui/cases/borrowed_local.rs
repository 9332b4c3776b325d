use aiofile::Aio;
use std::io::Write;

fn main() {
    let out = Aio::new(Vec::new());
    let data = vec![1, 2, 3];
    let _ = out.call(Write::write_all, (&data[..],));
}

use aiofile::Aio;
use std::rc::Rc;

fn main() {
    let list = Aio::new(vec![1]);
    let _ = list.with(|list| Rc::new(list.len()));
}

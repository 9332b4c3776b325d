use aiofile::proxy;

proxy! {
    trait AsyncList for Aio<Vec<u8>> {
        fn clear(&mut self)
    }
}

fn main() {}

use aiofile::proxy;

proxy! {
    trait AsyncList for Aio<Vec<u8>> {
        fn len(&self) -> usize;
        fn len(&self) -> usize;
    }
}

fn main() {}

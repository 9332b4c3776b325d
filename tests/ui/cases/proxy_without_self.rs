use aiofile::proxy;

proxy! {
    trait AsyncList for Aio<Vec<u8>> {
        fn with_capacity(capacity: usize) -> Vec<u8>;
    }
}

fn main() {}

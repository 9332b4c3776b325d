use aiofile::proxy;

proxy! {
    trait AsyncList for Aio<Vec<u8>> {
        async fn len(&self) -> usize;
    }
}

fn main() {}

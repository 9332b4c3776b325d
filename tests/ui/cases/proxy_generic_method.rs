use aiofile::proxy;

proxy! {
    trait AsyncList for Aio<Vec<u8>> {
        fn len(&self) -> usize;
        fn extend<I: IntoIterator<Item = u8>>(&mut self, items: I);
    }
}

fn main() {}

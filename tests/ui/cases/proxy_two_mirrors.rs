use aiofile::{Aio, proxy};

proxy! {
    trait AsyncList for Aio<Vec<u8>> {
        fn len(&self) -> usize;
    }
}

proxy! {
    trait AsyncAlso for Aio<Vec<u8>> {
        fn len(&self) -> usize;
    }
}

fn main() {
    let _ = Aio::new(vec![1_u8]).len();
}

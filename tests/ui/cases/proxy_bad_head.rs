use aiofile::proxy;

proxy! {
    trait AsyncList {
        fn len(&self) -> usize;
    }
}

fn main() {}

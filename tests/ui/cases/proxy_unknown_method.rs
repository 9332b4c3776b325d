use aiofile::proxy;

proxy! {
    trait AsyncSize for Aio<std::fs::File> {
        fn set_length(&self, size: u64) -> std::io::Result<()>;
    }
}

fn main() {}

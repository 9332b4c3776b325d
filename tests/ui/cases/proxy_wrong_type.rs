use aiofile::proxy;

proxy! {
    trait AsyncSize for Aio<std::fs::File> {
        fn set_len(&self, size: u32) -> std::io::Result<()>;
    }
}

fn main() {}

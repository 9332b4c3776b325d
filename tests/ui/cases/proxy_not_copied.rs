use aiofile::proxy;

struct Secret;
struct Safe;
impl Safe {
    fn put(&mut self, _: &Secret) {}
}

proxy! {
    trait AsyncSafe for Aio<Safe> {
        fn put(&mut self, secret: &Secret);
    }
}

fn main() {}

use aiofile::proxy;

struct Door;
impl Door {
    fn close(&mut self) {}
}

proxy! {
    trait AsyncDoor for Aio<Door> {
        fn close(&mut self);
    }
}

fn main() {}

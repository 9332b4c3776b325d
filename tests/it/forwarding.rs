//! Promise 1: any method of any handle, by its path, as a value, by closure, by value.

use crate::support::block_on;
use aiofile::{Aio, Lend};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// A struct that has every kind of method.
#[derive(Default)]
struct Store {
    map: BTreeMap<String, Vec<u8>>,
    log: Vec<String>,
}

trait Describe {
    fn describe(&self, prefix: &str) -> String;
    fn rename(&mut self, from: &str, to: String) -> bool;
}

impl Describe for Store {
    fn describe(&self, prefix: &str) -> String {
        format!("{prefix}{}", self.map.len())
    }
    fn rename(&mut self, from: &str, to: String) -> bool {
        self.map.remove(from).is_some_and(|value| self.map.insert(to, value).is_none())
    }
}

impl Store {
    fn len(&self) -> usize {
        self.map.len()
    }
    fn get(&self, key: &str) -> Option<Vec<u8>> {
        self.map.get(key).cloned()
    }
    fn put(&mut self, key: &str, value: &[u8]) -> Option<Vec<u8>> {
        self.map.insert(key.to_owned(), value.to_vec())
    }
    fn put_all<K: Into<String>>(&mut self, all: Vec<(K, u8)>) -> usize {
        all.into_iter().map(|(key, value)| self.map.insert(key.into(), vec![value])).count()
    }
    fn save(&self, path: impl AsRef<Path>) -> PathBuf {
        path.as_ref().join("saved")
    }
    fn each(&mut self, mut f: impl FnMut(&str, &mut Vec<u8>)) {
        self.map.iter_mut().for_each(|(key, value)| f(key, value));
    }
    fn copy_into(&self, key: &str, into: &mut Vec<u8>, count: &mut usize) -> bool {
        let value = self.map.get(key);
        into.extend(value.into_iter().flatten());
        *count += 1;
        value.is_some()
    }
    fn four(&mut self, a: u8, b: &str, c: &mut [u8], d: &Path) -> String {
        c.fill(a);
        self.log.push(b.to_owned());
        format!("{b}{}", d.display())
    }
    fn in_this(&self, part: &[u8]) -> Cow<'static, str> {
        Cow::Owned(format!("{part:?}"))
    }
}

#[test]
fn methods_of_every_kind_are_forwarded_by_path() {
    let store = Aio::new(Store::default());
    block_on(async {
        assert_eq!(store.call(Store::put, ("a", vec![1])).await, None);
        assert_eq!(store.call(Store::put, (String::from("b"), b"xy")).await, None);
        assert_eq!(store.call(Store::put, ("b", [3_u8, 4])).await, Some(b"xy".to_vec()));
        assert_eq!(store.call(Store::len, ()).await, 2);
        assert_eq!(store.call(Store::get, (String::from("b"),)).await, Some(vec![3, 4]));
        assert_eq!(store.call(Store::put_all, (vec![("c", 5), ("d", 6)],)).await, 2);
        assert_eq!(store.call(Store::put_all::<&str>, (vec![],)).await, 0);
        assert_eq!(store.call(Store::save, ("dir",)).await, Path::new("dir/saved"));
        assert_eq!(store.call(Store::save, (PathBuf::from("dir"),)).await, Path::new("dir/saved"));
        store.call(Store::each, (|_: &str, value: &mut Vec<u8>| value.push(0),)).await;
        assert_eq!(store.call(Store::get, ("a",)).await, Some(vec![1, 0]));
        assert_eq!(store.call(Store::in_this, (std::sync::Arc::<[u8]>::from([9]),)).await, "[9]");

        // What is taken by `&mut` comes back, in its order.
        let into = vec![7];
        let (found, into, count) = store.call(Store::copy_into, ("a", into, 0_usize)).await;
        assert_eq!((found, into, count), (true, vec![7, 1, 0], 1));
        let (text, c) = store.call(Store::four, (8, "b", [0_u8; 3], PathBuf::from("/d"))).await;
        assert_eq!((text.as_str(), c), ("b/d", [8; 3]));

        // Methods of traits.
        assert_eq!(store.call(Describe::describe, ("n = ",)).await, "n = 4");
        assert_eq!(store.call(Store::describe, (String::from("n = "),)).await, "n = 4");
        assert!(store.call(Describe::rename, ("a", String::from("z"))).await);
        // A function whose first parameter is the value is as good as a method.
        fn keys(store: &Store) -> Vec<String> {
            store.map.keys().cloned().collect()
        }
        assert_eq!(store.call(keys, ()).await, ["b", "c", "d", "z"]);
    });
}

#[test]
fn methods_of_std_are_forwarded_by_path() {
    let file = Aio::new(tempfile::tempfile().unwrap());
    block_on(async {
        file.call(Write::write_all, (b"one\ntwo\n",)).await.unwrap();
        file.call(std::fs::File::set_len, (7,)).await.unwrap();
        assert_eq!(file.call(std::fs::File::metadata, ()).await.unwrap().len(), 7);
        file.call(std::fs::File::lock, ()).await.unwrap(); // std has had it since 1.89; tokio #7523
        assert_eq!(file.call(Seek::seek, (SeekFrom::Start(1),)).await.unwrap(), 1);
        let (read, buffer) = file.call(Read::read, ([0; 2],)).await;
        assert_eq!((read.unwrap(), &buffer), (2, b"ne"));
        let (read, text) = file.call(Read::read_to_string, (String::new(),)).await;
        assert_eq!((read.unwrap(), text.as_str()), (4, "\ntwo"));
    });

    let lines = Aio::new(BufReader::new(Cursor::new("one\ntwo\n")));
    block_on(async {
        let (read, line) = lines.call(BufRead::read_line, (String::with_capacity(8),)).await;
        assert_eq!((read.unwrap(), line.as_str()), (4, "one\n"));
        let rest = lines.with(|lines| lines.by_ref().lines().collect::<io::Result<Vec<_>>>()).await;
        assert_eq!(rest.unwrap(), ["two"]);
        assert_eq!(lines.finish(BufReader::into_inner).await.into_inner(), "one\ntwo\n");
    });

    let boxed: Aio<Box<dyn Write + Send>> = Aio::new(Box::new(Vec::new()));
    block_on(async {
        boxed.call(Write::write_all, (vec![1, 2],)).await.unwrap();
        boxed.call(Write::flush, ()).await.unwrap();
    });
}

/// The trap that the docs of `with` warn of: `move` copies an array. `call` gives it back.
#[test]
fn a_copy_buffer_in_a_move_closure_stays_as_it_was() {
    let reader = Aio::new(&b"abcdefgh"[..]);
    let mut buffer = [0; 4];
    assert_eq!(block_on(reader.with(move |reader| reader.read(&mut buffer))).unwrap(), 4);
    assert_eq!(buffer, [0; 4]);
    let (read, buffer) = block_on(reader.call(Read::read, (buffer,)));
    assert_eq!((read.unwrap(), &buffer), (4, b"efgh"));
}

/// Through an `Arc` or a `Box`, and six arguments.
#[test]
fn methods_of_what_a_pointer_holds_are_forwarded() {
    struct Db(std::sync::Mutex<Vec<u8>>);
    impl Db {
        fn push(&self, byte: u8) -> usize {
            let mut bytes = self.0.lock().unwrap();
            bytes.push(byte);
            bytes.len()
        }
        fn extend(&self, bytes: &[u8]) {
            self.0.lock().unwrap().extend(bytes);
        }
        fn clear(&mut self, into: &mut Vec<u8>) {
            into.append(self.0.get_mut().unwrap());
        }
        fn five(&self, a: u8, b: u8, c: u8, d: u8, e: u8) -> u8 {
            a + b + c + d + e
        }
        fn six(&mut self, a: u8, b: u8, c: u8, d: u8, e: u8, f: u8) -> u8 {
            a + b + c + d + e + f
        }
    }
    block_on(async {
        let shared = std::sync::Arc::new(Db(Default::default()));
        let handle = Aio::new(shared.clone());
        assert_eq!(handle.call(Db::push, (1,)).await, 1);
        handle.call(Db::extend, (vec![2, 3],)).await;
        assert_eq!(*shared.0.lock().unwrap(), [1, 2, 3]);
        assert_eq!(handle.call(Db::five, (1, 2, 3, 4, 5)).await, 15);

        let boxed = Aio::new(Box::new(Db(Default::default())));
        boxed.call(Db::extend, (b"xy",)).await;
        assert_eq!(boxed.call(Db::clear, (vec![b'z'],)).await, ((), b"zxy".to_vec()));
        assert_eq!(boxed.call(Db::six, (1, 2, 3, 4, 5, 6)).await, 21);
        let own = Aio::new(Db(Default::default()));
        assert_eq!(own.call(Db::six, (1, 2, 3, 4, 5, 6)).await, 21);

        // Traits that both have, with their type said; and trait objects.
        let file = Aio::new(Box::new(tempfile::tempfile().unwrap()));
        file.call(<std::fs::File as Write>::write_all, (b"x",)).await.unwrap();
        file.call(std::fs::File::set_len, (5,)).await.unwrap();
        assert_eq!(file.call(std::fs::File::metadata, ()).await.unwrap().len(), 5);
        let reader: Aio<Box<dyn Read + Send>> = Aio::new(Box::new(&b"abc"[..]));
        let (read, text) = reader.call(Read::read_to_string, (String::new(),)).await;
        assert_eq!((read.unwrap(), text.as_str()), (3, "abc"));
        let named: Aio<std::sync::Arc<dyn Describe + Send + Sync>> =
            Aio::new(std::sync::Arc::new(Store::default()));
        assert_eq!(named.call(<dyn Describe + Send + Sync>::describe, ("n = ",)).await, "n = 0");
    });
}

#[cfg(unix)]
#[test]
fn methods_of_an_extension_trait_are_forwarded_by_path() {
    use std::os::unix::fs::FileExt;
    let file = Aio::new(tempfile::tempfile().unwrap());
    block_on(async {
        file.call(FileExt::write_all_at, (b"0123", 2)).await.unwrap();
        let (read, buffer) = file.call(FileExt::read_at, (vec![0; 2], 3)).await;
        assert_eq!((read.unwrap(), buffer), (2, b"12".to_vec()));
    });
}

#[test]
fn a_method_is_a_value() {
    let store = Aio::new(Store::default());
    let (put_all, len) = (store.method(Store::put_all::<&str>), store.method(Store::len));
    let rename = store.method(|store: &mut Store, from: &'static str, to: String| store.rename(from, to));
    block_on(async {
        for key in ["a", "b"] {
            assert_eq!(put_all(vec![(key, 1)]).await, 1);
        }
        assert!(rename("a", "c".into()).await);
        assert_eq!(len().await, 2);
    });
    let write_all = Aio::new(Vec::new()).method(Write::write_all);
    block_on(write_all(b"static data fits by value")).unwrap();
    // As a value, it can be stored, shared and sent.
    let stored: Box<dyn Fn() -> aiofile::Call<usize> + Send + Sync> = store.method(Store::len);
    assert_eq!(std::thread::spawn(move || block_on(stored())).join().unwrap(), 2);
}

#[test]
fn a_method_by_value_finishes_the_handle() {
    let store = Aio::new(vec![3, 1, 2]);
    drop(store.with(|store| store.sort()));
    let clone = store.clone();
    assert_eq!(block_on(store.finish(Vec::into_boxed_slice)), [1, 2, 3].into());
    assert!(clone.is_closed());
}

#[test]
fn a_buffer_of_ones_own_is_lent() {
    struct Page(Vec<u8>);
    impl Lend<[u8]> for Page {
        fn lend(&self) -> &[u8] {
            &self.0
        }
    }
    let sink = Aio::new(Vec::new());
    block_on(sink.call(Write::write_all, (Page(vec![1, 2]),))).unwrap();
    assert_eq!(block_on(sink.finish(|sink| sink)), [1, 2]);
}

/// Text is lent as bytes and as a path, where a method takes these.
#[test]
fn arguments_are_lent_as_what_they_can_be_read_as() {
    fn all(_: &(), bytes: &[u8], path: &Path, name: &std::ffi::OsStr) -> (usize, PathBuf, usize) {
        (bytes.len(), path.to_owned(), name.len())
    }
    let handle = Aio::new(());
    block_on(async {
        let text = || String::from("ab");
        assert_eq!(handle.call(all, (text(), text(), text())).await, (2, "ab".into(), 2));
        assert_eq!(handle.call(all, ("abc", "d", "e")).await, (3, "d".into(), 1));
        let cow = Cow::Borrowed("abc");
        assert_eq!(
            handle.call(all, (Cow::Borrowed(&b"x"[..]), cow.clone(), cow)).await,
            (1, "abc".into(), 3)
        );
        let path = PathBuf::from("p");
        assert_eq!(
            handle.call(all, (vec![0], path.clone().into_os_string(), path)).await,
            (1, "p".into(), 1)
        );
    });
}

#[cfg(feature = "bytes")]
#[test]
fn the_buffers_of_bytes_are_lent_given_back_and_written() {
    use bytes::{Bytes, BytesMut};
    let list = Aio::new(Cursor::new(Vec::new()));
    block_on(async {
        let bytes = Bytes::from_static(b"shared");
        list.call(Write::write_all, (bytes.clone(),)).await.unwrap();
        list.write_all(&bytes).await.unwrap();
        list.write_all(bytes).await.unwrap();
        list.write_all(BytesMut::from("own")).await.unwrap();
        list.rewind().await.unwrap();
        let (read, buffer) = list.call(Read::read, (BytesMut::zeroed(30),)).await;
        assert_eq!((read.unwrap(), &buffer[..21]), (21, &b"sharedsharedsharedown"[..]));
    });
}

#[test]
fn a_closure_does_many_steps_in_one_hop() {
    let (steps, pool) = crate::support::Steps::new();
    let store = Aio::on(&pool, Store::default());
    let sum = store.with(|store| {
        store.put("a", &[1]);
        store.put("b", &[2]);
        store.map.values().flatten().copied().sum::<u8>()
    });
    steps.run_one();
    assert_eq!((block_on(sum), steps.taken()), (3, 1));
}

//! A type of the user's own, with every kind of method.

use crate::support::Result;
use aiofile::Aio;
use pollster::block_on;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// A small store, with a method of each kind.
#[derive(Default, Clone, Debug, PartialEq)]
struct Store {
    rows: BTreeMap<String, Vec<u8>>,
    log: Vec<String>,
}

impl Store {
    fn len(&self) -> usize {
        self.rows.len()
    }

    fn get(&self, key: &str) -> Option<Vec<u8>> {
        self.rows.get(key).cloned()
    }

    fn put(&mut self, key: &str, value: &[u8]) -> Option<Vec<u8>> {
        self.rows.insert(key.to_owned(), value.to_owned())
    }

    /// Fills a buffer and says how long the row is.
    fn read_into(&self, key: &str, buffer: &mut [u8]) -> io::Result<usize> {
        let row = self.rows.get(key).ok_or(io::ErrorKind::NotFound)?;
        let len = row.len().min(buffer.len());
        buffer[..len].copy_from_slice(&row[..len]);
        Ok(row.len())
    }

    fn swap(&mut self, key: &str, value: &mut Vec<u8>) -> bool {
        self.rows.get_mut(key).map(|row| std::mem::swap(row, value)).is_some()
    }

    /// Generic, with a parameter that only the result names.
    fn parse<T: std::str::FromStr>(&self, key: &str) -> Option<T> {
        std::str::from_utf8(self.rows.get(key)?).ok()?.parse().ok()
    }

    /// Generic over two arguments.
    fn put_pair<K: Into<String>, V: AsRef<[u8]>>(&mut self, key: K, value: V) {
        self.rows.insert(key.into(), value.as_ref().to_owned());
    }

    /// `impl Trait` arguments.
    fn put_all(&mut self, rows: impl IntoIterator<Item = (impl Into<String>, Vec<u8>)>) -> usize {
        let before = self.rows.len();
        self.rows.extend(rows.into_iter().map(|(key, value)| (key.into(), value)));
        self.rows.len() - before
    }

    fn note(&mut self, note: impl Display) {
        self.log.push(note.to_string());
    }

    /// A closure argument.
    fn update(&mut self, key: &str, f: impl FnOnce(&mut Vec<u8>)) -> bool {
        self.rows.get_mut(key).map(f).is_some()
    }

    /// Four arguments in a mix: by value, lent, lent mutably, by value.
    fn copy_out(&self, from: usize, key: &str, to: &mut Vec<u8>, most: usize) -> bool {
        let row = self.rows.get(key).and_then(|row| row.get(from..));
        row.map(|row| to.extend(row.iter().take(most))).is_some()
    }

    fn save(&self, path: &Path) -> io::Result<()> {
        std::fs::write(path, format!("{:?}", self.rows))
    }

    /// Returns a borrow.
    fn first(&self) -> Option<&str> {
        self.rows.keys().next().map(String::as_str)
    }

    fn into_rows(self) -> BTreeMap<String, Vec<u8>> {
        self.rows
    }
}

/// A function beside the type is a path like any.
fn keys(store: &Store) -> Vec<String> {
    store.rows.keys().cloned().collect()
}

#[test]
fn every_kind_of_method() -> Result {
    let mut sync = Store::default();
    block_on(async {
        let store = Aio::new(Store::default());

        // `&mut self`: lent from what is owned, by value, from a literal.
        assert_eq!(store.call(Store::put, (String::from("a"), vec![1, 2])).await, sync.put("a", &[1, 2]));
        assert_eq!(store.call(Store::put, ("a", b"12")).await, sync.put("a", b"12"));
        // `&self`
        assert_eq!(store.call(Store::len, ()).await, sync.len());
        assert_eq!(store.call(Store::get, ("a",)).await, sync.get("a"));
        assert_eq!(store.call(keys, ()).await, keys(&sync));

        // `&mut` arguments come back.
        let mut sync_buffer = [0; 4];
        let sync_len = sync.read_into("a", &mut sync_buffer)?;
        let (len, buffer) = store.call(Store::read_into, ("a", [0; 4])).await;
        assert_eq!((len?, buffer), (sync_len, sync_buffer));
        let mut sync_value = b"77".to_vec();
        assert!(sync.swap("a", &mut sync_value));
        let (swapped, value) = store.call(Store::swap, ("a", b"77".to_vec())).await;
        assert_eq!((swapped, value), (true, sync_value));

        // Generic: inferred from the arguments, or named.
        assert_eq!(store.call(Store::parse::<u32>, ("a",)).await, sync.parse("a"));
        let number: Option<i64> = store.call(Store::parse, ("a",)).await;
        assert_eq!(number, sync.parse("a"));
        store.call(Store::put_pair, ("b", [1, 2, 3])).await;
        sync.put_pair("b", [1, 2, 3]);
        let rows = vec![("c", vec![3]), ("d", vec![4])];
        assert_eq!(store.call(Store::put_all, (rows.clone(),)).await, sync.put_all(rows));
        store.call(Store::note, (format!("{} rows", 4),)).await;
        store.call(Store::note, (7,)).await;
        sync.note("4 rows");
        sync.note(7);
        let reverse = |row: &mut Vec<u8>| row.reverse();
        assert_eq!(store.call(Store::update, ("b", reverse)).await, sync.update("b", reverse));

        let mut sync_out = vec![0];
        let sync_copied = sync.copy_out(1, "b", &mut sync_out, 9);
        let (copied, out) = store.call(Store::copy_out, (1, "b", vec![0], 9)).await;
        assert_eq!((copied, out), (sync_copied, sync_out));

        // A path is lent from a path, and nothing else is lost on the way.
        let dir = tempfile::tempdir()?;
        let (own_path, sync_path) = (dir.path().join("own"), dir.path().join("sync"));
        store.call(Store::save, (own_path.clone(),)).await?;
        sync.save(&sync_path)?;
        assert_eq!(std::fs::read(own_path)?, std::fs::read(sync_path)?);

        // A borrow is made owned where it is made.
        assert_eq!(store.with(|store| store.first().map(String::from)).await.as_deref(), sync.first());
        // Derived and std's traits.
        assert_eq!(store.call(Clone::clone, ()).await, sync);
        assert!(store.call(PartialEq::eq, (sync.clone(),)).await);
        assert_eq!(store.call(std::mem::take, ()).await, sync);
        assert_eq!(store.call(std::mem::replace, (sync.clone(),)).await, Store::default());
        assert_eq!(store.finish(Store::into_rows).await, sync.into_rows());
        Ok(())
    })
}

#[test]
fn a_method_as_a_value() -> Result {
    let mut sync = Store::default();
    block_on(async {
        let store = Aio::new(Store::default());
        let (note, len) = (store.method(Store::note), store.method(Store::len));
        for n in 0..3 {
            note(n).await;
            sync.note(n);
        }
        assert_eq!(len().await, sync.len());
        let put = store.method(Store::put_pair::<String, Vec<u8>>);
        put("k".into(), vec![1]).await;
        sync.put_pair("k", vec![1]);
        let get = store.method(Store::get);
        assert_eq!(get("k").await, sync.get("k"));
        assert_eq!(store.call(Clone::clone, ()).await, sync);
        Ok(())
    })
}

#[test]
fn what_a_pointer_holds() -> Result {
    trait Count: Send + Sync {
        fn count(&self, more: usize) -> usize;
    }
    impl Count for Store {
        fn count(&self, more: usize) -> usize {
            self.len() + more
        }
    }
    let mut sync = Box::new(Store::default());
    block_on(async {
        let boxed = Aio::new(Box::new(Store::default()));
        assert_eq!(boxed.call(Store::put, ("a", b"1")).await, sync.put("a", b"1"));
        assert_eq!(boxed.call(Store::get, ("a",)).await, sync.get("a"));
        let store = boxed.finish(|store| *store).await;
        assert_eq!(store, *sync);

        // Two queues on one value, which is shared by `&self` methods only.
        let store = Arc::new(store);
        let (one, two) = (Aio::new(Arc::clone(&store)), Aio::new(store as Arc<dyn Count>));
        assert_eq!(one.call(Store::get, ("a",)).await, sync.get("a"));
        assert_eq!(one.call(<Store as Count>::count, (1,)).await, sync.count(1));
        assert_eq!(two.call(<dyn Count>::count, (2,)).await, sync.count(2));
        Ok(())
    })
}

#[test]
fn many_arguments() -> Result {
    struct Sums(Vec<u32>);
    impl Sums {
        fn five(&self, a: u8, b: u16, c: u32, d: &str, e: bool) -> u32 {
            self.0.iter().sum::<u32>() + u32::from(a) + u32::from(b) + c + d.len() as u32 + u32::from(e)
        }

        fn six(&mut self, a: u32, b: u32, c: u32, d: u32, e: u32, f: u32) -> usize {
            self.0.extend([a, b, c, d, e, f]);
            self.0.len()
        }
    }
    let mut sync = Sums(vec![]);
    block_on(async {
        let sums = Aio::new(Sums(vec![]));
        assert_eq!(sums.call(Sums::six, (1, 2, 3, 4, 5, 6)).await, sync.six(1, 2, 3, 4, 5, 6));
        assert_eq!(sums.method(Sums::six)(6, 5, 4, 3, 2, 1).await, sync.six(6, 5, 4, 3, 2, 1));
        assert_eq!(sums.call(Sums::five, (1, 2, 3, "four", true)).await, sync.five(1, 2, 3, "four", true));
        Ok(())
    })
}

#[test]
fn a_type_that_is_generic_itself() -> Result {
    struct Ring<T, const N: usize>([Option<T>; N], usize);
    impl<T, const N: usize> Ring<T, N> {
        fn push(&mut self, item: T) -> Option<T> {
            self.1 += 1;
            self.0[(self.1 - 1) % N].replace(item)
        }

        fn into_items(self) -> [Option<T>; N] {
            self.0
        }
    }
    let mut sync = Ring::<String, 2>([const { None }; 2], 0);
    block_on(async {
        let ring = Aio::new(Ring([const { None }; 2], 0));
        for word in ["a", "b", "c"] {
            assert_eq!(ring.call(Ring::push, (String::from(word),)).await, sync.push(word.into()));
        }
        assert_eq!(ring.finish(Ring::into_items).await, sync.into_items());
        Ok(())
    })
}

#[test]
fn a_panic_is_the_callers_and_the_store_goes_on() -> Result {
    block_on(async {
        let store = Aio::new(Store::default());
        store.call(Store::put, ("a", b"1")).await;
        let error =
            store.call(Store::update, ("a", |row: &mut Vec<u8>| row.truncate(row[9].into()))).checked().await;
        assert!(error.unwrap_err().is_panic());
        assert_eq!(store.call(Store::get, ("a",)).await, Some(b"1".to_vec()));
        Ok(())
    })
}

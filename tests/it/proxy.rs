//! `proxy!`: a mirror does what the methods do, and costs what `with` costs.

use crate::support::{Steps, block_on, poll};
use aiofile::{Aio, Call, proxy};
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Default)]
struct Shelf(Vec<(String, Vec<u8>)>);

trait Count {
    fn count(&self) -> usize;
}

impl Count for Shelf {
    fn count(&self) -> usize {
        self.0.len()
    }
}

impl Shelf {
    fn put(&mut self, title: &str, text: &[u8]) {
        self.0.push((title.to_owned(), text.to_owned()));
    }
    fn find(&self, title: &str) -> Option<Vec<u8>> {
        self.0.iter().find(|(other, _)| other == title).map(|(_, text)| text.clone())
    }
    fn under(&self, dir: &Path, names: &[String], at: usize) -> PathBuf {
        dir.join(&names[at])
    }
    fn label(&self, label: &'static str) -> &'static str {
        label
    }
    fn close(&mut self) -> usize {
        self.0.drain(..).count()
    }
}

proxy! {
    /// Documentation is kept.
    #[allow(dead_code)]
    pub(crate) trait AsyncShelf for Aio<Shelf> {
        /// Here too.
        #[must_use]
        fn put(&mut self, title: &str, text: &[u8]);
        fn find(&self, title: &str) -> Option<Vec<u8>>;
        fn under(&self, dir: &Path, names: &[String], at: usize,) -> PathBuf;
        fn label(&self, label: &'static str) -> Call2;
        fn count(&self) -> usize; // of a trait that is in scope
    }
}

/// A result may be named by any path or alias.
type Call2 = &'static str;

proxy! {
    /// All that a trait cannot mirror.
    pub(crate) struct Library for Aio<Shelf> {
        fn put(&mut self, title: &str, text: &[u8]);
        fn close(&mut self) -> usize;
    }
}

proxy! {
    trait AsyncFileSize for Aio<std::fs::File> {
        fn set_len(&self, size: u64) -> std::io::Result<()>;
        fn metadata(&self) -> std::io::Result<std::fs::Metadata>;
    }
}

proxy! {
    trait AsyncPush<V> for Aio<Vec<V>> where V: Send + Clone + 'static {
        fn push(&mut self, value: V);
        fn extend_from_slice(&mut self, values: &[V]);
        fn pop(&mut self) -> Option<V>;
    }
}

proxy! {
    struct Stack<V> for Aio<Vec<V>> where V: Send + 'static, {
        fn push(&mut self, value: V);
        fn pop(&mut self) -> Option<V>;
    }
}

#[test]
fn a_mirror_calls_the_methods() {
    let shelf = Aio::new(Shelf::default());
    block_on(async {
        let (title, text) = (String::from("title"), vec![1, 2]);
        shelf.put(&title, &text).await; // both stay with their owner
        assert_eq!(shelf.find(&title).await, Some(text));
        assert_eq!(shelf.count().await, 1);
        assert_eq!(shelf.label("static").await, "static");
        let names = [String::from("a"), String::from("b")];
        assert_eq!(shelf.under(Path::new("dir"), &names, 1).await, Path::new("dir/b"));
    });
}

#[test]
fn a_mirror_queues_when_it_is_called() {
    let (steps, pool) = Steps::new();
    let shelf = Aio::on(&pool, Shelf::default());
    let put = {
        let gone_by_then = String::from("title");
        shelf.put(&gone_by_then, b"")
    };
    let mut count = shelf.count();
    steps.run_all();
    assert_eq!(poll(&mut count), std::task::Poll::Ready(1));
    drop(put);
}

#[test]
fn a_foreign_type_is_mirrored() {
    let file = Aio::new(tempfile::tempfile().unwrap());
    block_on(async {
        file.set_len(7).await?;
        assert_eq!(file.metadata().await?.len(), 7);
        Ok::<_, std::io::Error>(())
    })
    .unwrap();
}

#[test]
fn a_mirror_is_an_object_and_can_be_implemented_by_others() {
    struct Double;
    impl AsyncShelf for Double {
        fn put(&self, _: &str, _: &[u8]) -> Call<()> {
            Call::ready(())
        }
        fn find(&self, title: &str) -> Call<Option<Vec<u8>>> {
            let title = title.to_owned();
            Call::from_future(async move { Some(title.into_bytes()) })
        }
        fn under(&self, _: &Path, _: &[String], _: usize) -> Call<PathBuf> {
            Call::ready(PathBuf::new())
        }
        fn label(&self, label: &'static str) -> Call<&'static str> {
            Call::ready(label)
        }
        fn count(&self) -> Call<usize> {
            Call::ready(0)
        }
    }
    let shelves: Vec<Arc<dyn AsyncShelf + Send + Sync>> =
        vec![Arc::new(Aio::new(Shelf::default())), Arc::new(Double)];
    let found: Vec<_> = shelves
        .into_iter()
        .map(|shelf| {
            std::thread::spawn(move || {
                block_on(async {
                    shelf.put("a", b"x").await;
                    shelf.find("a").await
                })
            })
        })
        .map(|thread| thread.join().unwrap())
        .collect();
    assert_eq!(found, [Some(b"x".to_vec()), Some(b"a".to_vec())]);
}

#[test]
fn a_mirror_may_be_a_type_of_its_own() {
    let library = Library::from(Shelf::default());
    block_on(async {
        library.put("a", b"").await;
        library.clone().put("b", b"").await;
        assert_eq!(library.close().await, 2, "the shelf's own `close`");
        assert_eq!(library.as_aio().with(|shelf| shelf.0.len()).await, 0);
        library.into_aio().close().await; // the handle's
    });
    assert!(format!("{:?}", Library::from(Aio::new(Shelf::default()))).starts_with("Library(Aio"));
}

#[test]
fn a_mirror_may_be_generic() {
    block_on(async {
        let list = Aio::new(Vec::new());
        list.push(String::from("a")).await;
        list.extend_from_slice(&[String::from("b")]).await;
        assert_eq!(list.pop().await.as_deref(), Some("b"));
        let stack = Stack::from(vec![1]);
        stack.push(2).await;
        assert_eq!(stack.pop().await, Some(2));
    });
}

/// All forms share one queue.
#[test]
fn a_mirror_keeps_the_order_made_with_all_other_forms() {
    let (steps, pool) = Steps::new();
    let list = Aio::on(&pool, Vec::new());
    drop(AsyncPush::push(&list, 1));
    drop(list.with(|list| list.push(2)));
    drop(list.call(Vec::push, (3,)));
    drop(AsyncPush::push(&list, 4));
    drop(list.method(Vec::push)(5));
    drop(list.write_all([6]));
    drop(Stack::from(list.clone()).push(7));
    let mut all = list.finish(|list| list);
    steps.run_all();
    assert_eq!(poll(&mut all), std::task::Poll::Ready(vec![1, 2, 3, 4, 5, 6, 7]));
}

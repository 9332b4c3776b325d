//! The place where a handle's value sits, and the bytes that abandoned reads left behind.

/// A value, with what has to be given back before it is used again.
pub(crate) struct Seat<T> {
    /// Boxed, so that a large value never crosses the stack of a pool thread but to be given away.
    value: Box<T>,
    left: Option<Box<Left<T>>>,
    /// How many calls have used the value: says whether bytes that come back are still its next ones.
    turn: u64,
}

/// What is rarely there.
struct Left<T> {
    /// The bytes that come before those of the value.
    unread: Option<Unread<T>>,
    /// What has come back, each from the call of that turn. It is put together by the next call that uses the value,
    /// and not before: what belongs in between may still be on its way.
    returned: Vec<Returned<T>>,
}

/// What has come back of the bytes that a call had read.
pub(crate) struct Returned<T> {
    pub(crate) turn: u64,
    pub(crate) unread: Unread<T>,
    /// None of the bytes is missing: it is as if the call had not been.
    pub(crate) whole: bool,
}

/// Bytes that were taken out of a value for a caller who then did not want them.
pub(crate) struct Unread<T> {
    pub(crate) bytes: Vec<u8>,
    /// Puts the value back by so many bytes; says whether it could (a pipe cannot).
    pub(crate) put_back: fn(&mut T, usize) -> bool,
}

impl<T> Seat<T> {
    pub(crate) fn new(value: Box<T>) -> Self {
        Seat { value, left: None, turn: 0 }
    }

    /// The value as its callers left it: unread bytes are put back, where the value can.
    pub(crate) fn value(&mut self) -> &mut T {
        if let (_, Some(unread)) = self.value_and_unread() {
            self.keep(unread);
        }
        &mut self.value
    }

    /// The same for a call that knows of unread bytes: those that could not be put back come before the value's.
    pub(crate) fn value_and_unread(&mut self) -> (&mut T, Option<Unread<T>>) {
        let unread = self.left.take().and_then(|left| self.put_together(*left).unread);
        self.next_turn(unread)
    }

    /// The same for a read, whose own bytes may come back, and with them those that were read before.
    pub(crate) fn value_and_unread_to_read(&mut self) -> (&mut T, Option<Unread<T>>) {
        let mut unread = None;
        if let Some(left) = self.left.take() {
            let mut left = self.put_together(*left);
            unread = left.unread.take();
            left.returned.retain(|returned| returned.turn + AWAITED > self.turn);
            self.left = (!left.returned.is_empty()).then(|| Box::new(left));
        }
        self.next_turn(unread)
    }

    fn next_turn(&mut self, unread: Option<Unread<T>>) -> (&mut T, Option<Unread<T>>) {
        self.turn += 1;
        let value = &mut *self.value;
        // A file is put back and read anew: it may have been written since.
        let unread = unread.filter(|unread| !(unread.put_back)(value, unread.bytes.len()));
        (value, unread)
    }

    /// The value, for a call that has taken what was unread.
    pub(crate) fn value_alone(&mut self) -> &mut T {
        &mut self.value
    }

    pub(crate) fn into_value(mut self) -> Box<T> {
        self.value();
        self.value
    }

    /// Gives the value to what may give it back: then all is as it was.
    pub(crate) fn take_if<U>(mut self, take: impl FnOnce(T) -> Result<U, T>) -> Result<U, Self> {
        self.value();
        let Seat { value, left, turn } = self;
        take(*value).map_err(|value| Seat { value: Box::new(value), left, turn })
    }

    /// The call has not used the value after all.
    pub(crate) fn undo_turn(&mut self) {
        self.turn -= 1;
    }

    pub(crate) fn turn(&self) -> u64 {
        self.turn
    }

    /// Takes back what calls of these turns had read.
    pub(crate) fn take_back(&mut self, mut returned: Vec<Returned<T>>) {
        self.left().returned.append(&mut returned);
    }

    /// Keeps what a call got from `value_and_unread` and did not need.
    pub(crate) fn keep(&mut self, unread: Unread<T>) {
        if !unread.bytes.is_empty() {
            self.left().unread = Some(unread);
        }
    }

    fn left(&mut self) -> &mut Left<T> {
        self.left.get_or_insert_with(|| Box::new(Left { unread: None, returned: Vec::new() }))
    }

    /// Puts in its order what is unread. What is left returned was read before a call that has used the value
    /// since, and whose own bytes have not come back.
    fn put_together(&mut self, left: Left<T>) -> Left<T> {
        let Left { mut unread, mut returned } = left;
        returned.sort_by_key(|returned| returned.turn);
        while let Some(last) = returned.pop_if(|last| last.turn == self.turn) {
            let mut before = last.unread;
            before.bytes.extend(unread.into_iter().flat_map(|unread| unread.bytes));
            unread = Some(before).filter(|unread| !unread.bytes.is_empty());
            if !last.whole {
                returned.clear();
                break;
            }
            // The one before it is the last now.
            self.turn -= 1;
        }
        Left { unread, returned }
    }
}

/// How many reads may be on their way when the first of them comes back.
const AWAITED: u64 = 16;

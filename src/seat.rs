//! The place where a handle's value sits, and the bytes that an abandoned read left behind.

/// A value, with what has to be given back before it is used again.
pub(crate) struct Seat<T> {
    /// Boxed, so that a large value never crosses the stack of a pool thread but to be given away.
    value: Box<T>,
    unread: Option<Box<Unread<T>>>,
    /// How many calls have used the value: says whether bytes that come back are still its next ones.
    turn: u64,
}

/// Bytes that were taken out of a value for a caller who then did not want them.
pub(crate) struct Unread<T> {
    pub(crate) bytes: Vec<u8>,
    /// Puts the value back by so many bytes; says whether it could (a pipe cannot).
    pub(crate) put_back: fn(&mut T, usize) -> bool,
}

impl<T> Seat<T> {
    pub(crate) fn new(value: Box<T>) -> Self {
        Seat { value, unread: None, turn: 0 }
    }

    /// The value as its callers left it: unread bytes are put back first, where the value can.
    pub(crate) fn value(&mut self) -> &mut T {
        self.turn += 1;
        if let Some(unread) = self.unread.take()
            && !(unread.put_back)(&mut self.value, unread.bytes.len())
        {
            self.unread = Some(unread);
        }
        &mut self.value
    }

    /// The value as it stands, and the bytes that come before it, for a call that knows of them.
    pub(crate) fn value_and_unread(&mut self) -> (&mut T, Option<Unread<T>>) {
        self.turn += 1;
        (&mut self.value, self.unread.take().map(|unread| *unread))
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
        let Seat { value, unread, turn } = self;
        take(*value).map_err(|value| Seat { value: Box::new(value), unread, turn })
    }

    pub(crate) fn turn(&self) -> u64 {
        self.turn
    }

    /// Takes back what calls of these turns had read, unless a later call has used the value since.
    pub(crate) fn take_all_back(&mut self, mut unread: Vec<(u64, Unread<T>)>) {
        unread.sort_by_key(|(turn, _)| *turn);
        while let Some((turn, unread)) = unread.pop() {
            if turn == self.turn {
                self.keep(unread);
                // As if that call had not been: the one before it is the last now.
                self.turn -= 1;
            }
        }
    }

    /// Keeps bytes before those that are kept already.
    pub(crate) fn keep(&mut self, mut unread: Unread<T>) {
        if let Some(later) = self.unread.take() {
            unread.bytes.extend(later.bytes);
        }
        if !unread.bytes.is_empty() {
            self.unread = Some(Box::new(unread));
        }
    }
}

//! Rounds: each contender in turn, in another order each time; a turn that was disturbed is taken again.

use crate::alloc::Count;
use crate::counters;
use crate::work::Work;

/// How often a turn is taken again because somebody else had the CPUs, before it counts all the same.
const REPEATS: usize = 3;
/// And how many turns of a case in all: so many of a hundred.
const REPEATED: usize = 50;

/// The same work, done by all contenders.
pub struct Case<'a> {
    title: String,
    unit: Unit,
    /// What time, CPU time and the rest are divided by.
    operations: u64,
    contenders: Vec<Contender<'a>>,
    before: Box<dyn FnMut() + 'a>,
    after: Box<dyn FnMut() -> u64 + 'a>,
    /// What everybody has to come to.
    answer: Option<u64>,
}

struct Contender<'a> {
    side: Side,
    name: &'static str,
    work: Work<'a>,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Side {
    Std,
    Ours,
    Peer,
}

/// Of the figure that a case is about.
#[derive(Clone, Copy, PartialEq)]
pub enum Unit {
    Nanoseconds,
    Bytes,
}

/// What came out of a case.
pub struct Measured {
    pub title: String,
    pub unit: Unit,
    /// The first is the base of the ratios.
    pub rows: Vec<Row>,
    /// Turns that were taken again, and those that were disturbed each time and count all the same.
    pub repeated: usize,
    pub disturbed: usize,
}

pub struct Row {
    pub side: Side,
    pub name: &'static str,
    pub on: String,
    /// One for each round.
    pub turns: Vec<Turn>,
    /// Allocations per operation, from the warm-up.
    pub allocations: f64,
}

/// Per operation.
#[derive(Clone, Copy)]
pub struct Turn {
    /// In the unit of the case.
    pub figure: f64,
    /// In nanoseconds.
    pub cpu: f64,
    pub switches: f64,
    /// If they were counted.
    pub allocations: f64,
    /// Somebody else had the CPUs.
    pub disturbed: bool,
}

impl<'a> Case<'a> {
    pub fn new(title: impl Into<String>, operations: u64) -> Self {
        Case {
            title: title.into(),
            unit: Unit::Nanoseconds,
            operations,
            contenders: Vec::new(),
            before: Box::new(|| ()),
            after: Box::new(|| 0),
            answer: None,
        }
    }

    /// What each turn's figure counts, where it is not the time of an operation.
    pub fn unit(self, unit: Unit) -> Self {
        Case { unit, ..self }
    }

    /// Runs before each turn, and is not measured.
    pub fn before(self, before: impl FnMut() + 'a) -> Self {
        Case { before: Box::new(before), ..self }
    }

    /// Runs after each turn, is not measured, and gives what has to be the same for all.
    pub fn after(self, after: impl FnMut() -> u64 + 'a) -> Self {
        Case { after: Box::new(after), ..self }
    }

    pub fn std(self, name: &'static str, work: Work<'a>) -> Self {
        self.contender(Side::Std, name, work)
    }

    pub fn ours(self, name: &'static str, work: Work<'a>) -> Self {
        self.contender(Side::Ours, name, work)
    }

    pub fn peer(self, name: &'static str, work: Work<'a>) -> Self {
        self.contender(Side::Peer, name, work)
    }

    fn contender(mut self, side: Side, name: &'static str, work: Work<'a>) -> Self {
        self.contenders.push(Contender { side, name, work });
        self
    }

    /// Leaves out who has not this text in its name, but for the base.
    pub fn only(mut self, text: &str) -> Self {
        let contenders = self.contenders.drain(..).enumerate();
        let left = contenders.filter(|(i, contender)| *i == 0 || contender.name.contains(text));
        self.contenders = left.map(|(_, contender)| contender).collect();
        self
    }

    /// A round to warm up, in which allocations are counted, and then so many that are timed.
    pub fn measure(mut self, rounds: usize) -> Measured {
        let rows = self.contenders.iter().map(|Contender { side, name, work }| Row {
            side: *side,
            name,
            on: work.on.clone(),
            turns: Vec::new(),
            allocations: 0.0,
        });
        let mut measured = Measured {
            title: self.title.clone(),
            unit: self.unit,
            rows: rows.collect(),
            repeated: 0,
            disturbed: 0,
        };
        for (i, row) in measured.rows.iter_mut().enumerate() {
            row.allocations = self.turn(i, true).allocations;
        }
        let most_repeated = self.contenders.len() * rounds * REPEATED / 100;
        let mut order: Vec<_> = (0..self.contenders.len()).collect();
        for _ in 0..rounds {
            fastrand::shuffle(&mut order);
            for &i in &order {
                let mut turn = self.turn(i, false);
                for _ in 0..REPEATS {
                    if turn.disturbed && measured.repeated < most_repeated {
                        measured.repeated += 1;
                        turn = self.turn(i, false);
                    }
                }
                measured.disturbed += usize::from(turn.disturbed);
                measured.rows[i].turns.push(turn);
            }
        }
        measured
    }

    /// One contender's work, once.
    fn turn(&mut self, i: usize, count: bool) -> Turn {
        (self.before)();
        let Contender { name, work, .. } = &mut self.contenders[i];
        let start = counters::start();
        let count = count.then(Count::start);
        let outcome = (work.run)();
        let allocations = count.map_or(0, |count| count.end().allocations);
        let taken = start.taken();
        let answer = outcome.answer.wrapping_add((self.after)());
        let expected = *self.answer.get_or_insert(answer);
        assert_eq!(answer, expected, "{}: {name} ({}) did other work", self.title, work.on);
        let operations = outcome.operations.unwrap_or(self.operations) as f64;
        Turn {
            figure: outcome.figure.unwrap_or(taken.time.as_nanos() as f64 / operations),
            cpu: taken.cpu.as_nanos() as f64 / operations,
            switches: taken.switches as f64 / operations,
            allocations: allocations as f64 / operations,
            disturbed: taken.disturbed,
        }
    }
}

impl Row {
    pub fn median(&self, of: fn(&Turn) -> f64) -> f64 {
        median(self.turns.iter().map(of))
    }

    /// The median of the ratios to another row, each within one round.
    pub fn ratio(&self, other: &Row, of: fn(&Turn) -> f64) -> f64 {
        median(self.turns.iter().zip(&other.turns).map(|(own, other)| of(own) / of(other)))
    }

    pub fn least(&self) -> f64 {
        self.turns.iter().map(|turn| turn.figure).fold(f64::INFINITY, f64::min)
    }

    pub fn most(&self) -> f64 {
        self.turns.iter().map(|turn| turn.figure).fold(0.0, f64::max)
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

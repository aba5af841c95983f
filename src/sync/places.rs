//! Decides which table is read next: there are `TABLE_CONCURRENCY` places, and prepared tables get them in their order.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;

/// How many tables are prepared before there is a place for them. Preparing takes two requests of up to 300 ms. Divided by 16,
/// that is 40 ms, about the time to read a small table.
const AHEAD: usize = 16;

/// How long a prepared table waits for tables before it that are still being prepared. Answers arrive in any order, and a busy
/// service takes seconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// The places of a task.
pub(super) struct Places {
    state: watch::Sender<State>,
    ahead: Arc<Semaphore>,
}

struct State {
    free: usize,
    /// Tables that did not have a place yet.
    to_come: BTreeSet<usize>,
    /// Tables that are being prepared, and how long others wait for them.
    preparing: BTreeMap<usize, Instant>,
    /// Tables that are prepared and wait for a place.
    ready: BTreeSet<usize>,
}

/// A table that is being prepared or waits for a place.
pub(super) struct Turn {
    number: usize,
    places: Arc<Places>,
    _ahead: Option<OwnedSemaphorePermit>,
}

/// A place; dropping it frees it.
pub(super) struct Place(Arc<Places>);

impl Places {
    /// Places for tables that are numbered from 0.
    pub(super) fn new(places: NonZeroUsize, tables: usize) -> Arc<Self> {
        let state = State {
            free: places.get(),
            to_come: (0..tables).collect(),
            preparing: BTreeMap::new(),
            ready: BTreeSet::new(),
        };
        Arc::new(Self { state: watch::Sender::new(state), ahead: Arc::new(Semaphore::new(AHEAD)) })
    }

    /// Waits until the table may be prepared.
    pub(super) async fn turn(self: &Arc<Self>, number: usize) -> Turn {
        // Nobody closes the semaphore.
        let ahead = Arc::clone(&self.ahead).acquire_owned().await.ok();
        self.state.send_modify(|state| {
            state.preparing.insert(number, Instant::now() + PATIENCE);
        });
        Turn { number, places: Arc::clone(self), _ahead: ahead }
    }

    /// Call when the table has ended.
    pub(super) fn leave(&self, number: usize) {
        self.state.send_if_modified(|state| state.to_come.remove(&number));
    }

    /// Whether any table still needs a place.
    pub(super) fn are_wanted(&self) -> bool {
        let state = self.state.borrow();
        !(state.to_come.is_empty() && state.preparing.is_empty() && state.ready.is_empty())
    }
}

impl Turn {
    /// Waits for a place. The first table in order gets it.
    pub(super) async fn place(&self) -> Place {
        let Self { number, places, .. } = self;
        let mut changes = places.state.subscribe();
        places.state.send_modify(|state| {
            state.preparing.remove(number);
            state.ready.insert(*number);
        });
        let _left = Left(self);
        loop {
            changes.mark_unchanged();
            let (mut is_given, mut until) = (false, None);
            places.state.send_if_modified(|state| {
                if state.free > 0 && state.ready.first() == Some(number) {
                    let now = Instant::now();
                    until = state.preparing.range(..number).map(|(_, until)| *until).filter(|until| *until > now).max();
                    is_given = until.is_none();
                }
                if is_given {
                    state.free -= 1;
                    state.ready.remove(number);
                    state.to_come.remove(number);
                }
                is_given
            });
            if is_given {
                return Place(Arc::clone(places));
            }
            let patience = async {
                match until {
                    Some(until) => tokio::time::sleep_until(until).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                // The sender lives in `places`.
                _ = changes.changed() => {}
                () = patience => {}
            }
        }
    }
}

/// Removes the table from those that wait, also if the wait is canceled.
struct Left<'a>(&'a Turn);

impl Drop for Left<'_> {
    fn drop(&mut self) {
        self.0.places.state.send_if_modified(|state| state.ready.remove(&self.0.number));
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.places.state.send_if_modified(|state| state.preparing.remove(&self.number).is_some());
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.state.send_modify(|state| state.free += 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    const TWO: NonZeroUsize = NonZeroUsize::new(2).unwrap();

    /// The order in which tables get a place, each prepared for as many milliseconds and read for as long.
    async fn order(count: NonZeroUsize, milliseconds: &[(u64, u64)]) -> Vec<usize> {
        let places = Places::new(count, milliseconds.len());
        let order = Arc::new(Mutex::new(Vec::new()));
        let tables = milliseconds.iter().copied().enumerate().map(|(number, (prepared, read))| {
            let (places, order) = (Arc::clone(&places), Arc::clone(&order));
            tokio::spawn(async move {
                let turn = places.turn(number).await;
                tokio::time::sleep(Duration::from_millis(prepared)).await;
                let _place = turn.place().await;
                drop(turn);
                order.lock().unwrap().push(number);
                tokio::time::sleep(Duration::from_millis(read)).await;
            })
        });
        for table in tables.collect::<Vec<_>>() {
            table.await.unwrap();
        }
        assert!(!places.are_wanted());
        assert_eq!((places.state.borrow().free, places.ahead.available_permits()), (count.get(), AHEAD));
        order.lock().unwrap().clone()
    }

    #[tokio::test(start_paused = true)]
    async fn tables_are_read_in_their_order_whoever_is_prepared_first() {
        let all: Vec<usize> = (0..40).collect();
        let jitter: Vec<(u64, u64)> =
            all.iter().map(|number| (100 + number * 37 % 90, 20)).map(|(a, b)| (a as u64, b)).collect();
        assert_eq!(order(NonZeroUsize::MIN, &jitter).await, all);
        assert_eq!(order(TWO, &jitter).await, all);
    }

    #[tokio::test(start_paused = true)]
    async fn a_table_that_is_slow_to_prepare_is_not_waited_for_forever() {
        assert_eq!(order(NonZeroUsize::MIN, &[(20_000, 10), (100, 10), (200, 10)]).await, [1, 2, 0]);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_stops_waiting_keeps_nobody_waiting() {
        let places = Places::new(NonZeroUsize::MIN, 3);
        let [first, second, third] = [places.turn(0).await, places.turn(1).await, places.turn(2).await];
        let place = first.place().await;
        assert!(tokio::time::timeout(Duration::from_secs(9), second.place()).await.is_err());
        drop((first, second, place));
        drop(third.place().await);
        drop(third);
        assert!(places.are_wanted(), "the second may come back");
        places.leave(1);
        assert!(!places.are_wanted());
    }
}

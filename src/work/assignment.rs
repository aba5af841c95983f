//! Assigns units to tasks.

use crate::work::selection::Choice;
use crate::work::task::Task;
use crate::work::unit::Unit;

/// The units of the task: first its named tables, in the order of the list, then its tables found by pattern.
///
/// Named tables are assigned round-robin: task *i* of *n* takes entries *i, i+n, i+2n …*. A table found by pattern goes to
/// the task that a hash of its name selects. Its place in the list would not do: tables may be created or dropped while the
/// tasks start, and tasks that see different lists must neither copy a table twice nor skip it.
pub fn own_units(task: &Task, choice: Choice) -> Vec<Unit> {
    let named = choice.named.into_iter().skip(task.index).step_by(task.count);
    let found = choice.found.into_iter().filter(|table| owns(task, &table.name));
    named.chain(found).map(|table| Unit { table }).collect()
}

/// CRC-32 (IEEE) of the name, modulo the number of tasks: the same in every version and on every machine.
fn owns(task: &Task, name: &str) -> bool {
    crc32fast::hash(name.as_bytes()) as usize % task.count == task.index
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mysql::catalog::{Listed, NameCase};
    use crate::work::selection::Selection;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// What the selection chooses of the tables with these names.
    fn choice<'a>(selection: &Selection, existing: impl IntoIterator<Item = &'a str>) -> Choice {
        let listed = existing.into_iter().map(|name| Listed { name: name.to_owned(), is_view: false });
        selection.choose(NameCase::Sensitive, &listed.collect::<Vec<_>>()).unwrap()
    }

    fn task(index: usize, count: usize) -> Task {
        Task { job: None, execution: "e".into(), index, count, attempt: 0 }
    }

    fn taken(count: usize, selection: &Selection, existing: &[String]) -> BTreeMap<String, usize> {
        let mut times = BTreeMap::new();
        let choice = choice(selection, existing.iter().map(String::as_str));
        for index in 0..count {
            for unit in own_units(&task(index, count), choice.clone()) {
                *times.entry(unit.table.name).or_insert(0) += 1;
            }
        }
        times
    }

    #[test]
    fn every_table_exactly_once_for_counts_1_to_50_and_lists_0_to_200() {
        for count in 1..=50 {
            for length in 0..=200 {
                let names: Vec<String> = (0..length).map(|at| format!("table_{at}")).collect();
                let list = if names.is_empty() { "!nothing*".to_owned() } else { names.join(",") };
                // The task of a table found by pattern depends only on the name, so a few lengths are enough.
                let patterns = if length % 50 == 0 { vec![Selection::parse("*").unwrap()] } else { Vec::new() };
                for selection in patterns.into_iter().chain([Selection::parse(&list).unwrap()]) {
                    let times = taken(count, &selection, &names);
                    assert_eq!(times.len(), length, "count {count}, length {length}");
                    assert!(times.values().all(|n| *n == 1), "count {count}, length {length}");
                }
            }
        }
    }

    #[test]
    fn named_tables_are_assigned_round_robin() {
        let selection = Selection::parse("a,b,c,d,e").unwrap();
        let names = |index| -> Vec<String> {
            own_units(&task(index, 2), choice(&selection, [])).into_iter().map(|unit| unit.table.name).collect()
        };
        assert_eq!(names(0), ["a", "c", "e"]);
        assert_eq!(names(1), ["b", "d"]);
        assert!(own_units(&task(7, 12), choice(&selection, [])).is_empty());
    }

    proptest! {
        /// Each task sees a different list, because tables are created or dropped while the tasks start. A table that all
        /// tasks see is taken exactly once, and no table is taken twice.
        #[test]
        fn lists_that_differ_between_tasks_lose_nothing(
            count in 1usize..20,
            names in proptest::collection::btree_set("[a-z]{1,8}", 0..60),
            hidden in proptest::collection::vec(any::<u64>(), 20),
        ) {
            let names: Vec<String> = names.into_iter().collect();
            let selection = Selection::parse("*").unwrap();
            let sees = |index: usize, at: usize| hidden[index] & (1 << (at % 61)) == 0;
            let mut times = BTreeMap::new();
            for index in 0..count {
                let seen = names.iter().enumerate().filter(|(at, _)| sees(index, *at)).map(|(_, name)| name.as_str());
                for unit in own_units(&task(index, count), choice(&selection, seen)) {
                    *times.entry(unit.table.name).or_insert(0) += 1;
                }
            }
            for (at, name) in names.iter().enumerate() {
                let taken = times.get(name).copied().unwrap_or(0);
                prop_assert!(taken <= 1);
                if (0..count).all(|index| sees(index, at)) {
                    prop_assert_eq!(taken, 1);
                }
            }
        }
    }
}

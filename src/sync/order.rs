//! Sorts the tables of a task: the largest are read first, so that the longest one does not start last.

use std::cmp::Reverse;

use crate::mysql::catalog::Listing;
use crate::work::unit::Unit;

/// Tables of the same size stay in the order of `TABLES`. A table of unknown size, such as a view, may be large and comes first.
pub(super) fn largest_first(units: &mut [Unit], listing: &Listing) {
    units.sort_by_key(|unit| {
        let found = listing.find(&unit.table.name);
        Reverse(found.and_then(|found| found.estimated_bytes).unwrap_or(u64::MAX))
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mysql::catalog::Found;
    use crate::work::request::TableRequest;

    #[test]
    fn the_largest_is_first_and_equals_stay_in_their_order() {
        let sizes =
            [("a", Some(16)), ("b", Some(900)), ("c", Some(16)), ("view", None), ("d", Some(20)), ("e", Some(16))];
        let found = sizes.map(|(name, estimated_bytes)| Found {
            name: name.into(),
            is_view: estimated_bytes.is_none(),
            estimated_rows: None,
            estimated_bytes,
            comment: String::new(),
        });
        let listing = Listing::new(found, false);
        let mut units = ["e", "c", "a", "view", "b", "d"].map(|name| Unit { table: TableRequest::named(name) });
        largest_first(&mut units, &listing);
        let names: Vec<&str> = units.iter().map(|unit| unit.table.name.as_str()).collect();
        assert_eq!(names, ["view", "b", "d", "e", "c", "a"]);
    }
}

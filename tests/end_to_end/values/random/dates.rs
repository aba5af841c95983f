//! Random dates, times and timestamps.

use proptest::prelude::*;
use proptest::sample::select;

use super::generate::{Type, plain};

/// `YYYY-MM-DD`, not always a day that exists.
fn day() -> impl Strategy<Value = String> + Clone {
    let edges = [
        "0001-01-01",
        "9999-12-31",
        "1969-12-31",
        "1970-01-01",
        "2000-02-29",
        "1900-02-28",
        "0000-00-00",
        "2020-00-00",
        "2020-02-00",
        "2021-02-31",
        "1582-10-10",
        "2024-03-31",
        "2024-10-27",
    ];
    prop_oneof![
        1 => select(edges.to_vec()).prop_map(str::to_owned),
        2 => (1u32..=9999, 1u32..=12, 1u32..=28).prop_map(|(y, m, d)| format!("{y:04}-{m:02}-{d:02}")),
    ]
}

/// `.ffffff`
fn fraction() -> impl Strategy<Value = String> + Clone {
    prop_oneof![
        select(vec!["", ".0", ".000001", ".999999", ".5"]).prop_map(str::to_owned),
        (0u32..1_000_000).prop_map(|n| format!(".{n:06}")),
    ]
}

fn clock() -> impl Strategy<Value = String> + Clone {
    let edges = select(vec!["00:00:00", "23:59:59", "00:00:01", "02:30:00"]).prop_map(str::to_owned);
    prop_oneof![
        1 => edges,
        2 => (0u32..24, 0u32..60, 0u32..60).prop_map(|(h, m, s)| format!("{h:02}:{m:02}:{s:02}")),
    ]
}

pub fn dated() -> BoxedStrategy<Type> {
    (select(vec!["DATE", "DATETIME", "TIMESTAMP"]), 0u32..=6)
        .prop_map(|(name, digits)| {
            let moments =
                (day(), clock(), fraction()).prop_map(|(day, clock, fraction)| format!("'{day} {clock}{fraction}'"));
            match name {
                "DATE" => plain(name.into(), day().prop_map(|day| format!("'{day}'"))),
                "DATETIME" => plain(format!("{name}({digits})"), moments),
                _ => {
                    let edges = select(vec!["'1970-01-01 00:00:01'", "'2038-01-19 03:14:07'", "'0000-00-00 00:00:00'"]);
                    let edges = edges.prop_map(str::to_owned);
                    let inside = (1u32..=i32::MAX.cast_unsigned(), fraction())
                        .prop_map(|(n, fraction)| format!("FROM_UNIXTIME({n}{fraction})"));
                    plain(format!("{name}({digits})"), prop_oneof![1 => edges, 1 => moments, 3 => inside])
                }
            }
        })
        .boxed()
}

pub fn time_of_day() -> BoxedStrategy<Type> {
    (0u32..=6)
        .prop_map(|digits| {
            let edges =
                ["'838:59:59'", "'-838:59:59'", "'24:00:00'", "'-00:00:01'", "'-00:00:00.000001'", "'23:59:59.999999'"];
            let within = (clock(), fraction()).prop_map(|(clock, fraction)| format!("'{clock}{fraction}'"));
            let values = prop_oneof![1 => select(edges.to_vec()).prop_map(str::to_owned), 3 => within];
            plain(format!("TIME({digits})"), values)
        })
        .boxed()
}

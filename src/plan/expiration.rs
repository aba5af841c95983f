//! Warnings about settings that make BigQuery delete rows or the table: a sync cannot prevent it.

use time::OffsetDateTime;
use time::macros::format_description;

use crate::bigquery::types::dataset::Defaults;
use crate::bigquery::types::partitioning::TimePartitioning;
use crate::bigquery::types::table::Table;

const HOUR: i64 = 60 * 60 * 1000; // in milliseconds, as all expirations of the API
const DAY: i64 = 24 * HOUR;

/// The warnings for a table with this partitioning. Source: "Managing partitioned tables", partition expiration, and "Dataset",
/// `defaultTableExpirationMs` and `defaultPartitionExpirationMs`.
pub(super) fn warnings(
    existing: Option<&Table>,
    partitioning: Option<&TimePartitioning>,
    defaults: &Defaults,
) -> Vec<String> {
    let of_partitions = match existing {
        Some(_) => partitioning.and_then(TimePartitioning::expiration),
        None => partitioning.and(defaults.partition_expiration),
    };
    // For a new table that is partitioned by time, the default of partitions takes the place of the default of tables.
    let of_table = defaults.table_expiration.filter(|_| existing.is_some() || of_partitions.is_none());
    let whose = if existing.is_some() { "" } else { " (the dataset's default)" };
    let partitions = of_partitions.map(|time| {
        format!(
            "its partitions expire after {}{whose}: BigQuery discards older rows as soon as they are loaded",
            length(time)
        )
    });
    // Somebody may have set another expiration on purpose, but with a default it is probably inherited.
    let table = of_table.and_then(|time| match existing {
        None => {
            Some(format!("BigQuery deletes the new table {} after its creation (the dataset's default)", length(time)))
        }
        Some(table) => table.expiration_time.map(|time| format!("BigQuery deletes the table on {}", day(time))),
    });
    partitions.into_iter().chain(table).collect()
}

fn length(milliseconds: i64) -> String {
    let (number, unit) =
        if milliseconds % DAY == 0 { (milliseconds / DAY, "day") } else { (milliseconds / HOUR, "hour") };
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}

fn day(milliseconds: i64) -> String {
    let day = OffsetDateTime::from_unix_timestamp(milliseconds / 1000).ok();
    let shown = day.and_then(|day| day.format(format_description!("[year]-[month]-[day]")).ok());
    shown.unwrap_or_else(|| format!("day {} after 1970", milliseconds / DAY))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    type Case<'a> = (Option<&'a Table>, Option<&'a TimePartitioning>, &'a Defaults, &'a [&'a str]);

    #[test]
    fn each_setting_that_deletes_has_a_warning() {
        let defaults = |table_expiration, partition_expiration| Defaults {
            table_expiration,
            partition_expiration,
            ..Defaults::default()
        };
        let layout = |expiration: Option<&str>| -> TimePartitioning {
            serde_json::from_value(json!({"type": "DAY", "field": "day", "expirationMs": expiration})).unwrap()
        };
        let (plain, short) = (layout(None), layout(Some("172800000")));
        let table = |expiration: Option<i64>| Table { expiration_time: expiration, ..Table::default() };
        let (stays, ends) = (table(None), table(Some(4_000_000_000_000)));
        let none = defaults(None, None);
        let both = defaults(Some(60 * DAY), Some(36 * HOUR));
        let of_partitions =
            "its partitions expire after 2 days: BigQuery discards older rows as soon as they are loaded";
        let cases: [Case<'_>; 9] = [
            (None, None, &none, &[]),
            (None, Some(&plain), &none, &[]),
            (Some(&ends), Some(&plain), &none, &[]),
            (Some(&stays), Some(&short), &none, &[of_partitions]),
            (Some(&ends), Some(&short), &both, &[of_partitions, "BigQuery deletes the table on 2096-10-02"]),
            (Some(&stays), Some(&plain), &both, &[]),
            (None, None, &both, &["BigQuery deletes the new table 60 days after its creation (the dataset's default)"]),
            (
                None,
                Some(&plain),
                &both,
                &[
                    "its partitions expire after 36 hours (the dataset's default): BigQuery discards older rows as soon as they are loaded",
                ],
            ),
            (
                None,
                Some(&plain),
                &defaults(Some(DAY), None),
                &["BigQuery deletes the new table 1 day after its creation (the dataset's default)"],
            ),
        ];
        for (existing, partitioning, defaults, expected) in cases {
            assert_eq!(warnings(existing, partitioning, defaults), expected);
        }
    }
}

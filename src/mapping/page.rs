//! Generates the tables in `docs/mapping.md`. Tests compare the page with the code.

use crate::avro::schema::AvroType;
use crate::documents::{shows, table};
use crate::mapping::names::{LONGEST_COLUMN, LONGEST_TABLE, RESERVED_PREFIXES};
use crate::mapping::table::{LONGEST_DESCRIPTION, MOST_COLUMNS};
use crate::mapping::target::TargetRule;
use crate::mapping::types::{RULES, TypeRule};
use crate::mysql::catalog::{Column, Flavor};

const HEADER: [&str; 4] = ["MySQL", "BigQuery", "in the Avro file", "values that do not fit"];

fn row(rule: &TypeRule, target: &TargetRule) -> Vec<String> {
    let TargetRule { field_type, avro, exceptions, .. } = target;
    vec![rule.mysql.to_owned(), field_type.to_string(), avro.to_string(), (*exceptions).to_owned()]
}

fn types() -> String {
    table(&HEADER, RULES.iter().map(|rule| row(rule, &rule.own)))
}

fn overrides() -> String {
    let [mysql, _, avro, exceptions] = HEADER;
    let rows = RULES.iter().flat_map(|rule| rule.overrides.iter().map(|target| row(rule, target)));
    table(&[mysql, "instead", avro, exceptions], rows)
}

fn limits() -> String {
    let prefixes: Vec<String> = RESERVED_PREFIXES.iter().map(|prefix| format!("`{prefix}`")).collect();
    format!(
        "| what | limit |\n|---|---|\n| columns of a table | {MOST_COLUMNS} |\n| a column's name | {LONGEST_COLUMN} characters |\n\
         | a table's name | {LONGEST_TABLE} bytes of UTF-8 |\n| a column's description | {LONGEST_DESCRIPTION} characters |\n\
         | a column's name must not start with (in any case) | {} |\n",
        prefixes.join(", ")
    )
}

#[test]
fn the_page_shows_the_mapping() {
    shows("docs/mapping.md", &[("types", types()), ("overrides", overrides()), ("limits", limits())]);
}

/// At least one column for each row of the table.
fn samples() -> Vec<Column> {
    let column = |data_type: &str| Column { nullable: true, ..super::tests::column("c", data_type) };
    let sized = |data_type, precision, scale| Column { precision: Some(precision), scale, ..column(data_type) };
    let mut samples: Vec<Column> = [
        "tinyint",
        "smallint",
        "mediumint",
        "int",
        "bigint",
        "year",
        "float",
        "double",
        "date",
        "datetime",
        "timestamp",
        "time",
        "json",
        "char",
        "varchar",
        "tinytext",
        "text",
        "mediumtext",
        "longtext",
        "enum",
        "set",
        "binary",
        "varbinary",
        "tinyblob",
        "blob",
        "mediumblob",
        "longblob",
        "uuid",
        "inet4",
        "inet6",
        "geometry",
        "point",
        "linestring",
        "polygon",
        "multipoint",
        "multilinestring",
        "multipolygon",
        "geomcollection",
        "geometrycollection",
        "vector",
    ]
    .into_iter()
    .map(column)
    .collect();
    samples.push(Column { unsigned: true, ..column("bigint") });
    samples.extend([sized("bit", 1, None), sized("bit", 63, None), sized("bit", 64, None)]);
    samples.extend([(38, 9), (65, 30), (65, 0), (65, 20)].map(|(p, s)| sized("decimal", p, Some(s))));
    samples
}

#[test]
fn the_table_matches_the_code() {
    let samples = samples();
    for rule in RULES {
        let of_rule = |column: &&Column| TypeRule::of(column).is_some_and(|found| found.mysql == rule.mysql);
        assert!(samples.iter().any(|column| of_rule(&column)), "no sample of {}", rule.mysql);
    }
    for column in &samples {
        let rule = TypeRule::of(column).unwrap();
        for flavor in [Flavor::MySql, Flavor::MariaDb] {
            let targets = rule.targets(column, flavor);
            let documented: Vec<&TargetRule> = std::iter::once(&rule.own).chain(rule.overrides).collect();
            assert_eq!(documented.len(), targets.len());
            for (documented, target) in documented.into_iter().zip(&targets) {
                let TargetRule { field_type: kind, avro, exceptions, .. } = documented;
                assert_eq!(*kind, target.field_type, "{}", rule.mysql);
                let encoded = match target.avro {
                    AvroType::Decimal { .. } => "decimal",
                    AvroType::Long => "long",
                    AvroType::Boolean => "boolean",
                    AvroType::Double => "double",
                    AvroType::Bytes => "bytes",
                    AvroType::String => "string",
                    AvroType::Json => "string, sqlType JSON",
                    AvroType::Date => "date",
                    AvroType::TimeMicros => "time-micros",
                    AvroType::TimestampMicros => "timestamp-micros",
                    AvroType::LocalTimestampMicros => "local-timestamp-micros",
                };
                assert_eq!(avro.to_string().split('(').next(), Some(encoded), "{} as {kind}", rule.mysql);
                assert_eq!(
                    target.is_partial(),
                    !exceptions.starts_with("none"),
                    "{} as {kind}: {exceptions}",
                    rule.mysql
                );
            }
            // `types` selects a type by its name, so the names must be distinct.
            let distinct: std::collections::HashSet<String> =
                targets.iter().map(|target| target.field_type.to_string()).collect();
            assert_eq!(distinct.len(), targets.len(), "{}", rule.mysql);
        }
    }
}

//! `docs/mapping.md`: its tables are made from the code, and a test compares them.

use crate::avro::schema::AvroType;
use crate::mapping::names::{LONGEST_COLUMN, LONGEST_TABLE, RESERVED_PREFIXES};
use crate::mapping::types::{BigQueryType, RULES, TypeRule};
use crate::mapping::{LONGEST_DESCRIPTION, MOST_COLUMNS};
use crate::mysql::catalog::{Column, Flavor};

/// Set, it makes the test write the page instead of comparing it.
const WRITE: &str = "WRITE_DOCS";

fn types() -> String {
    let rows = RULES
        .iter()
        .map(|rule| format!("| {} | {} | {} | {} |\n", rule.mysql, rule.bigquery, rule.avro, rule.exceptions));
    "| MySQL | BigQuery | in the Avro file | what has no counterpart |\n|---|---|---|---|\n".to_owned()
        + &rows.collect::<String>()
}

fn overrides() -> String {
    let row = |rule: &TypeRule| {
        let row = |other: &super::overrides::Override| {
            format!("| {} | {} | {} | {} |\n", rule.mysql, other.to, other.avro, other.exceptions)
        };
        rule.overrides.iter().map(row).collect::<String>()
    };
    "| MySQL | instead | in the Avro file | what has no counterpart |\n|---|---|---|---|\n".to_owned()
        + &RULES.iter().map(row).collect::<String>()
}

fn limits() -> String {
    let prefixes: Vec<String> = RESERVED_PREFIXES.iter().map(|prefix| format!("`{prefix}`")).collect();
    format!(
        "| what | limit |\n|---|---|\n| columns of a table | {MOST_COLUMNS} |\n| a column's name | {LONGEST_COLUMN} characters |\n\
         | a table's name | {LONGEST_TABLE} bytes of UTF-8 |\n| a column's description | {LONGEST_DESCRIPTION} characters |\n\
         | no column's name starts with, in whatever case | {} |\n",
        prefixes.join(", ")
    )
}

/// The page with each part between its markers replaced.
fn render(page: &str) -> String {
    [("types", types()), ("overrides", overrides()), ("limits", limits())].iter().fold(
        page.to_owned(),
        |page, (name, part)| {
            let (start, end) = (format!("<!-- {name}: made from the code -->\n"), format!("<!-- end of {name} -->"));
            let (before, rest) = page.split_once(&start).unwrap_or_else(|| panic!("docs/mapping.md lacks {start}"));
            let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("docs/mapping.md lacks {end}"));
            format!("{before}{start}\n{part}\n{end}{after}")
        },
    )
}

#[test]
fn the_page_shows_the_mapping() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/mapping.md");
    let page = std::fs::read_to_string(path).unwrap();
    let rendered = render(&page);
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(path, rendered).unwrap();
    } else {
        assert!(
            page == rendered,
            "docs/mapping.md does not show the code's tables: {WRITE}=1 cargo test --lib the_page_shows_the_mapping writes them"
        );
    }
}

/// A column of each row of the table.
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
fn what_the_table_says_is_what_the_code_does() {
    let samples = samples();
    for rule in RULES {
        let of_rule = |column: &&Column| TypeRule::of(column).is_some_and(|found| found.mysql == rule.mysql);
        assert!(samples.iter().any(|column| of_rule(&column)), "no sample of {}", rule.mysql);
    }
    for column in &samples {
        let rule = TypeRule::of(column).unwrap();
        for flavor in [Flavor::MySql, Flavor::MariaDb] {
            let targets = rule.targets(column, flavor);
            let own = std::iter::once((rule.bigquery.parse().unwrap(), rule.avro, rule.exceptions));
            let others = rule.overrides.iter().map(|other| (other.to, other.avro, other.exceptions));
            let said: Vec<(BigQueryType, &str, &str)> = own.chain(others).collect();
            assert_eq!(said.len(), targets.len());
            for ((kind, avro, exceptions), target) in said.into_iter().zip(&targets) {
                assert_eq!(kind, target.field_type, "{}", rule.mysql);
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
                assert_eq!(avro.split('(').next(), Some(encoded), "{} as {kind}", rule.mysql);
                let partial = target.zero_dates || target.invalid_values;
                assert_eq!(partial, !exceptions.starts_with("none"), "{} as {kind}: {exceptions}", rule.mysql);
            }
            // A type is asked for by its name: no name may mean two things.
            let distinct: std::collections::HashSet<String> =
                targets.iter().map(|target| target.field_type.to_string()).collect();
            assert_eq!(distinct.len(), targets.len(), "{}", rule.mysql);
        }
    }
}

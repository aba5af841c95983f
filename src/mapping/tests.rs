//! Tests of the mapping of tables.

use super::*;
use crate::bigquery::types::schema::TableSchema;
use crate::mapping::bigquery_type::BigQueryType;
use crate::mapping::columns::ColumnOptions;
use crate::mapping::convert::Encoding;
use crate::mapping::error::Error;
use crate::mapping::mask_key::MaskKey;
use crate::mapping::masking::{Masking, Pattern};
use crate::mapping::policies::{Policies, Policy};
use crate::mapping::types::RULES;
use crate::mysql::catalog::{Column, Flavor, Table};

pub(super) fn column(name: &str, data_type: &str) -> Column {
    Column {
        name: name.into(),
        data_type: data_type.into(),
        column_type: data_type.into(),
        nullable: false,
        unsigned: false,
        precision: None,
        scale: None,
        json: data_type == "json",
        comment: String::new(),
        in_primary_key: false,
        charset: None,
        readable: true,
    }
}

fn table(columns: Vec<Column>) -> Table {
    Table {
        name: "t".into(),
        is_view: false,
        estimated_rows: None,
        estimated_bytes: None,
        comment: String::new(),
        columns,
    }
}

fn mapped(columns: Vec<Column>) -> Result<Mapping, Error> {
    Mapping::new(&table(columns), Flavor::MySql, &ColumnOptions::default(), Policies::default())
}

fn type_of(column: Column) -> BigQueryType {
    mapped(vec![column]).unwrap().columns[0].target.field_type
}

#[test]
fn decimals_map_to_a_type_that_holds_every_digit() {
    let decimal =
        |precision, scale| type_of(Column { precision: Some(precision), scale: Some(scale), ..column("d", "decimal") });
    assert_eq!(decimal(10, 2), BigQueryType::Numeric);
    assert_eq!(decimal(38, 9), BigQueryType::Numeric);
    assert_eq!(decimal(38, 8), BigQueryType::BigNumeric);
    assert_eq!(decimal(12, 10), BigQueryType::BigNumeric);
    assert_eq!(decimal(65, 30), BigQueryType::BigNumeric);
    assert_eq!(decimal(65, 20), BigQueryType::String);
    assert_eq!(decimal(39, 0), BigQueryType::String);
}

#[test]
fn bits_and_unsigned_integers_map_by_their_range() {
    assert_eq!(type_of(Column { precision: Some(63), ..column("b", "bit") }), BigQueryType::Int64);
    assert_eq!(type_of(Column { precision: Some(64), ..column("b", "bit") }), BigQueryType::Bytes);
    assert_eq!(type_of(Column { unsigned: true, ..column("n", "int") }), BigQueryType::Int64);
    assert_eq!(type_of(Column { unsigned: true, ..column("n", "bigint") }), BigQueryType::Numeric);
}

#[test]
fn only_columns_that_are_never_null_are_required() {
    let columns = || vec![column("id", "int"), column("day", "date"), Column { nullable: true, ..column("n", "int") }];
    let required = |mapping: &Mapping| mapping.columns.iter().map(|c| c.required).collect::<Vec<_>>();
    assert_eq!(required(&mapped(columns()).unwrap()), [true, false, false]);
    let strict = Policies { zero_dates: Policy::Error, invalid_values: Policy::Error };
    let options = ColumnOptions::default();
    assert_eq!(
        required(&Mapping::new(&table(columns()), Flavor::MySql, &options, strict).unwrap()),
        [true, true, false]
    );
    let view = Table { is_view: true, ..table(columns()) };
    assert_eq!(required(&Mapping::new(&view, Flavor::MySql, &options, strict).unwrap()), [false; 3]);
}

#[test]
fn both_schemas_have_the_same_fields() {
    let mapping = mapped(vec![
        Column { comment: "the key".into(), in_primary_key: true, ..column("id", "int") },
        Column { nullable: true, ..column("born on", "date") },
    ])
    .unwrap();
    assert_eq!(
        mapping.avro_schema(),
        r#"{"fields":[{"doc":"the key","name":"id","type":"long"},{"name":"born_on","type":["null",{"logicalType":"date","type":"int"}]}],"name":"row","type":"record"}"#
    );
    assert_eq!(
        serde_json::to_value(TableSchema { fields: mapping.fields() }).unwrap(),
        serde_json::json!({"fields": [
            {"name": "id", "type": "INTEGER", "mode": "REQUIRED", "description": "the key"},
            {"name": "born_on", "type": "DATE", "mode": "NULLABLE"},
        ]})
    );
    assert_eq!(mapping.select_list(), "`id`, `born on`");
}

#[test]
fn filters_select_columns_and_refuse_unknown_ones() {
    let columns = vec![column("id", "int"), column("Name", "varchar"), column("card", "varchar")];
    let names = |include: &[&str], exclude: &[&str]| {
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let options = ColumnOptions { include: list(include), exclude: list(exclude), ..ColumnOptions::default() };
        Mapping::new(&table(columns.clone()), Flavor::MySql, &options, Policies::default())
            .map(|mapping| mapping.columns.into_iter().map(|c| c.source).collect::<Vec<_>>())
    };
    assert_eq!(names(&[], &["card"]).unwrap(), ["id", "Name"]);
    assert_eq!(names(&["name", "id"], &[]).unwrap(), ["id", "Name"]);
    assert!(names(&["nam"], &[]).unwrap_err().to_string().contains("names nam, but the table has only id, Name, card"));
    assert!(names(&["id"], &["id"]).unwrap_err().to_string().contains("no column is left"));
}

#[test]
fn errors_name_the_columns() {
    let error = mapped(vec![column("a b", "int"), column("a.b", "int")]).unwrap_err().to_string();
    assert!(error.contains("columns a b and a.b would both be a_b"), "{error}");
    let error = mapped(vec![column("v", "xmltype")]).unwrap_err().to_string();
    assert!(error.contains("column v is of type xmltype"), "{error}");
}

fn with_types(columns: Vec<Column>, types: &[(&str, BigQueryType)]) -> Result<Mapping, Error> {
    let types = types.iter().map(|(column, kind)| ((*column).to_owned(), *kind)).collect();
    let options = ColumnOptions { types, ..ColumnOptions::default() };
    Mapping::new(&table(columns), Flavor::MySql, &options, Policies::default())
}

#[test]
fn a_column_can_be_given_another_type() {
    let columns = || vec![column("id", "int"), column("Duration", "time"), column("shape", "point")];
    let mapping =
        with_types(columns(), &[("duration", BigQueryType::String), ("shape", BigQueryType::Geography)]).unwrap();
    let types: Vec<BigQueryType> = mapping.columns.iter().map(|column| column.target.field_type).collect();
    assert_eq!(types, [BigQueryType::Int64, BigQueryType::String, BigQueryType::Geography]);
    assert!(
        mapping
            .select_list()
            .starts_with("`id`, CAST(`Duration` AS CHAR), IFNULL(IF(ST_SRID(`shape`) IN (0, 4326), ST_AsText(`shape`")
    );
    assert_eq!(mapping.columns[1].holds_all, None);
    assert_eq!(mapping.columns[2].holds_all, Some(BigQueryType::String));
    // A column's default type is a valid override.
    let mapping = with_types(columns(), &[("id", BigQueryType::Int64)]).unwrap();
    assert_eq!(mapping.columns[1].holds_all, Some(BigQueryType::String));
}

#[test]
fn impossible_types_are_refused() {
    let error = with_types(vec![column("f", "float")], &[("F", BigQueryType::Bool)]).unwrap_err().to_string();
    assert!(error.contains("column f is of type float, which cannot become BOOL"), "{error}");
    assert!(error.ends_with("it can become FLOAT64"), "{error}");
    let error = with_types(vec![column("t", "time")], &[("t", BigQueryType::Date)]).unwrap_err().to_string();
    assert!(error.ends_with("it can become TIME, STRING"), "{error}");
    let error = with_types(vec![column("t", "time")], &[("x", BigQueryType::Date)]).unwrap_err().to_string();
    assert!(error.contains("\"types\" names x, but the table has only t"), "{error}");
    let excluded = ColumnOptions {
        include: vec!["id".into()],
        types: vec![("t".into(), BigQueryType::String)],
        ..ColumnOptions::default()
    };
    let table = table(vec![column("id", "int"), column("t", "time")]);
    let error = Mapping::new(&table, Flavor::MySql, &excluded, Policies::default()).unwrap_err().to_string();
    assert!(error.contains("names t, which \"columns\" leaves out"), "{error}");
}

fn with_masks(columns: Vec<Column>, patterns: &str, own: &str, key: bool) -> Result<Mapping, Error> {
    let key = key.then(|| MaskKey::new(b"a key of 16 bytes or more"));
    let masking = Masking { patterns: Pattern::parse_all(patterns).unwrap(), key };
    let own: std::collections::BTreeMap<String, String> = serde_json::from_str(own).unwrap();
    let masks = own.into_iter().map(|(column, mask)| (column, mask.parse().unwrap())).collect();
    let options = ColumnOptions { masks, ..ColumnOptions::default() };
    Mapping::of(
        &table(columns),
        Flavor::MySql,
        Rules { options: &options, policies: Policies::default(), masking: &masking, held: &[] },
    )
}

#[test]
fn masked_columns_have_the_types_of_their_masks() {
    let columns = vec![
        Column { in_primary_key: true, ..column("id", "int") },
        Column { in_primary_key: true, ..column("tenant", "int") },
        Column { in_primary_key: true, ..column("Email", "varchar") },
        column("phone", "bigint"),
        column("born", "datetime"),
        column("card", "decimal"),
        column("password_hash", "xmltype"),
        Column { column_type: "enum('a','b')".into(), comment: "kind".into(), ..column("kind", "enum") },
    ];
    let own = r#"{"email": "hmac", "PHONE": "last4", "born": "year", "card": "null", "tenant": "drop"}"#;
    let mapping = with_masks(columns, r#"{"*.password*": "drop", "t.kind": "hmac"}"#, own, true).unwrap();
    assert_eq!(mapping.dropped, ["tenant", "password_hash"]);
    let shown: Vec<(&str, BigQueryType, bool)> =
        mapping.columns.iter().map(|c| (&*c.source, c.target.field_type, c.required)).collect();
    let expected = [
        ("id", BigQueryType::Int64, true),
        ("Email", BigQueryType::String, true),
        ("phone", BigQueryType::String, true),
        ("born", BigQueryType::Int64, false),
        ("card", BigQueryType::String, false),
        ("kind", BigQueryType::String, true),
    ];
    assert_eq!(shown, expected);
    assert_eq!(mapping.select_list(), "`id`, `Email`, `phone`, `born`, NULL, `kind`", "nothing else is read");
    assert_eq!(mapping.columns[5].description.as_deref(), Some("kind"), "without the values");
    let keys: Vec<(&str, Option<usize>, Encoding)> =
        mapping.keys.iter().map(|key| (&*key.source, key.index, key.target.encoding)).collect();
    let expected =
        [("id", Some(0), Encoding::Signed), ("tenant", None, Encoding::Masked), ("Email", Some(1), Encoding::Masked)];
    assert_eq!(keys, expected);
    assert_eq!(mapping.width(), 6);
}

#[test]
fn a_masked_key_that_is_not_copied_is_not_read() {
    let columns = vec![Column { in_primary_key: true, ..column("id", "int") }, column("n", "int")];
    let options = ColumnOptions { include: vec!["n".into()], ..ColumnOptions::default() };
    let masking = Masking { patterns: Pattern::parse_all(r#"{"*.ID": "last4"}"#).unwrap(), key: None };
    let rules = Rules { options: &options, policies: Policies::default(), masking: &masking, held: &[] };
    let mapping = Mapping::of(&table(columns), Flavor::MySql, rules).unwrap();
    assert_eq!((mapping.select_list().as_str(), mapping.width()), ("`n`", 1));
}

#[test]
fn held_columns_are_neither_read_nor_shown() {
    let columns = vec![
        Column { in_primary_key: true, ..column("id", "int") },
        Column { in_primary_key: true, ..column("tenant", "int") },
        column("new", "xmltype"),
    ];
    let held = ["tenant".to_owned(), "new".to_owned()];
    let (options, masking) = (ColumnOptions::default(), Masking::default());
    let rules = Rules { options: &options, policies: Policies::default(), masking: &masking, held: &held };
    let mapping = Mapping::of(&table(columns), Flavor::MySql, rules).unwrap();
    assert_eq!((mapping.select_list().as_str(), &*mapping.held), ("`id`", &held[..]));
    assert_eq!(mapping.keys[1].index, None);
}

#[test]
fn impossible_masks_are_refused() {
    let error = |columns: Vec<Column>, own: &str, key| with_masks(columns, "{}", own, key).unwrap_err().to_string();
    let text = error(vec![column("f", "float")], r#"{"f": "hmac"}"#, true);
    assert!(
        text.contains("column f is of type float, which cannot have the mask hmac: it can have null, drop"),
        "{text}"
    );
    let text = error(vec![column("j", "json")], r#"{"j": "last4"}"#, true);
    assert!(text.ends_with("it can have null, drop"), "{text}");
    let text = error(vec![column("d", "date")], r#"{"d": "last4"}"#, true);
    assert!(text.ends_with("it can have null, drop, year"), "{text}");
    let text = error(vec![column("d", "date")], r#"{"x": "drop"}"#, true);
    assert!(text.contains("\"mask\" names x, but the table has only d"), "{text}");
    let text = error(vec![column("v", "varchar")], r#"{"v": "hmac"}"#, false);
    assert!(text.contains("there is no key"), "{text}");
    let text = error(vec![column("v", "varchar")], r#"{"v": "drop"}"#, false);
    assert!(text.contains("no column is left"), "{text}");
}

#[test]
fn the_docs_show_the_mapping_table() {
    let guide = include_str!("../../docs/mapping.md");
    for rule in RULES {
        let row = format!("| {} | {} | {} | {} |", rule.mysql, rule.own.field_type, rule.own.avro, rule.own.exceptions);
        assert!(guide.contains(&row), "docs/mapping.md lacks this row of the mapping table:\n{row}");
    }
}

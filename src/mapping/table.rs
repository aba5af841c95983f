//! What becomes of a table: its columns' BigQuery fields, its Avro schema, and what is selected.

use crate::avro::schema::{AvroField, record_schema};
use crate::bigquery::types::schema::{Field, Mode};
use crate::mapping::bigquery_type::BigQueryType;
use crate::mapping::columns::{ColumnOptions, chosen, same};
use crate::mapping::error::Error;
use crate::mapping::names;
use crate::mapping::policies::{Policies, Policy};
use crate::mapping::target::{NOT_CONVERTED, Target, VECTOR_BYTES};
use crate::mapping::types::TypeRule;
use crate::mysql::catalog::{Column, Flavor, Table};
use crate::mysql::sql::quoted;

/// BigQuery's limit on columns of a table ("Quotas and limits", tables).
pub(super) const MOST_COLUMNS: usize = 10_000;
/// BigQuery's limit on a column's description, in characters.
pub(super) const LONGEST_DESCRIPTION: usize = 1024;
/// Begins the list of an ENUM's or SET's values in a description.
pub const VALUES: &str = "Values: ";

/// A source column and what it becomes.
#[derive(Debug, Clone)]
pub struct MappedColumn {
    /// Its name in MySQL.
    pub source: String,
    /// Its name in BigQuery and in the Avro file.
    pub field: String,
    /// Its type's row in the mapping table.
    pub target: Target,
    /// True when no NULL can come out of it.
    pub required: bool,
    /// A type that would hold every value of the source column, where this one does not.
    pub holds_all: Option<BigQueryType>,
    /// Whether it belongs to the source's primary key.
    pub in_primary_key: bool,
    /// MySQL's column comment.
    pub description: Option<String>,
    /// Where in a row the server says whether it could convert the value, if it has to.
    pub check: Option<usize>,
}

/// A column of the source's primary key: an error names a row by it, even where it is not copied.
#[derive(Debug, Clone)]
pub struct KeyColumn {
    /// Its name in MySQL.
    pub source: String,
    /// Its row in the mapping table.
    pub target: Target,
    /// Where in a row its value is.
    pub index: usize,
}

/// Everything that is decided about a table before its first row is read.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// In the order of the source's columns.
    pub columns: Vec<MappedColumn>,
    /// What happens to values that do not fit.
    pub policies: Policies,
    /// The source's primary key.
    pub keys: Vec<KeyColumn>,
}

impl Mapping {
    /// Maps the table's columns, those that the request chooses, to the types that it gives them. An error names the column.
    pub fn new(table: &Table, flavor: Flavor, options: &ColumnOptions, policies: Policies) -> Result<Self, Error> {
        let mut columns = chosen(&table.columns, options)?
            .into_iter()
            .map(|column| map(column, table, flavor, options, policies))
            .collect::<Result<Vec<_>, _>>()?;
        // In a row the checks follow all columns.
        let mut selected = columns.len();
        for column in columns.iter_mut().filter(|column| column.target.check) {
            column.check = Some(selected);
            selected += 1;
        }
        let names = columns.iter().map(|column| (column.source.as_str(), column.field.as_str()));
        if let Some((first, second, field)) = names::collision(names) {
            let [first, second, field] = [first, second, field].map(str::to_owned);
            return Err(Error::SameName { first, second, field });
        }
        match columns.len() {
            0 => Err(Error::NoColumn),
            count if count > MOST_COLUMNS => Err(Error::TooManyColumns { count, most: MOST_COLUMNS }),
            _ => Ok(Self { keys: keys(table, flavor, &columns, selected), columns, policies }),
        }
    }

    /// The schema in the Avro file.
    pub fn avro_schema(&self) -> String {
        record_schema(self.columns.iter().map(|column| AvroField {
            name: column.field.clone(),
            kind: column.target.avro,
            nullable: !column.required,
        }))
    }

    /// The columns of the destination table.
    pub fn fields(&self) -> Vec<Field> {
        let field = |column: &MappedColumn| Field {
            name: column.field.clone(),
            kind: column.target.field_type.api_name().to_owned(),
            mode: if column.required { Mode::Required } else { Mode::Nullable },
            description: column.description.clone(),
            ..Field::default()
        };
        self.columns.iter().map(field).collect()
    }

    /// Whether a column is of the type that the driver does not know.
    pub fn has_vectors(&self) -> bool {
        self.columns.iter().any(|column| column.target.select == VECTOR_BYTES)
    }

    /// How many columns a row has.
    pub fn width(&self) -> usize {
        let last = self.keys.iter().map(|key| key.index).chain(self.columns.iter().filter_map(|column| column.check));
        last.max().map_or(0, |last| last + 1).max(self.columns.len())
    }

    /// What the statement selects, in the order of the columns.
    pub fn select_list(&self) -> String {
        let expression = |select: &str, source: &str| select.replace("{}", &quoted(source));
        let columns = self.columns.iter().map(|column| expression(column.target.select, &column.source));
        let checked = self.columns.iter().filter(|column| column.target.check);
        let checks = checked.map(|column| expression(NOT_CONVERTED, &column.source));
        // Behind them what is read for errors alone.
        let copied = |key: &&KeyColumn| self.columns.iter().any(|column| column.source == key.source);
        let keys = self.keys.iter().filter(|key| !copied(key));
        let keys = keys.map(|key| expression(key.target.select, &key.source));
        columns.chain(checks).chain(keys).collect::<Vec<_>>().join(", ")
    }
}

/// The primary key, of which what is not among `columns` stands in a row from `next` on.
fn keys(table: &Table, flavor: Flavor, columns: &[MappedColumn], mut next: usize) -> Vec<KeyColumn> {
    let mut keys = Vec::new();
    for key in table.columns.iter().filter(|column| column.in_primary_key) {
        let copied = columns.iter().enumerate().find(|(_, column)| column.source == key.name);
        let (target, index) = match copied {
            Some((index, column)) => (column.target.clone(), index),
            None if !key.readable => continue,
            None => {
                let Some(rule) = TypeRule::of(key) else { continue };
                next += 1;
                (rule.own.target(key, flavor), next - 1)
            }
        };
        keys.push(KeyColumn { source: key.name.clone(), target, index });
    }
    keys
}

fn map(
    column: &Column,
    table: &Table,
    flavor: Flavor,
    options: &ColumnOptions,
    policies: Policies,
) -> Result<MappedColumn, Error> {
    let Column { name, column_type, .. } = column;
    let rule = TypeRule::of(column)
        .ok_or_else(|| Error::UnknownType { column: name.clone(), column_type: column_type.clone() })?;
    let targets = rule.targets(column, flavor);
    let wanted = options.types.iter().find(|(other, _)| same(other, name));
    // Without an option it is the first one, the column's own.
    let wanted = wanted.map_or(rule.own.field_type, |(_, wanted)| *wanted);
    let Some(target) = targets.iter().find(|target| target.field_type == wanted).cloned() else {
        let possible = targets.iter().map(|target| target.field_type).collect();
        let (column, column_type) = (name.clone(), column_type.clone());
        return Err(Error::ImpossibleType { column, column_type, wanted, possible });
    };
    let holds_all = targets.iter().find(|other| target.is_partial() && !other.is_partial());
    let policy_gives_null = (target.zero_dates && policies.zero_dates == Policy::Null)
        || (target.invalid_values && policies.invalid_values == Policy::Null);
    Ok(MappedColumn {
        source: name.clone(),
        field: names::column(name)?,
        // What a view says of NULL is derived from its query; the rows are believed instead.
        required: !column.nullable && !table.is_view && !policy_gives_null,
        holds_all: holds_all.map(|other| other.field_type),
        in_primary_key: column.in_primary_key,
        description: description(column),
        check: None,
        target,
    })
}

/// The column's comment, and for ENUM and SET the values it may have, as MySQL writes them.
fn description(column: &Column) -> Option<String> {
    let list = column.column_type.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    let values = list.filter(|_| matches!(&*column.data_type, "enum" | "set")).map(|list| format!("{VALUES}{list}"));
    let comment = Some(column.comment.clone()).filter(|comment| !comment.is_empty());
    let parts: Vec<String> = comment.into_iter().chain(values).collect();
    (!parts.is_empty()).then(|| parts.join("\n").chars().take(LONGEST_DESCRIPTION).collect())
}

//! The mapping of a table: the BigQuery fields of its columns, its Avro schema, and its select list.

use crate::avro::schema::{AvroField, record_schema};
use crate::bigquery::types::schema::{Field, Mode};
use crate::mapping::bigquery_type::BigQueryType;
use crate::mapping::columns::{ColumnOptions, chosen};
use crate::mapping::convert::Encoding;
use crate::mapping::error::Error;
use crate::mapping::mask::{ColumnMask, Mask};
use crate::mapping::masking::Masking;
use crate::mapping::names;
use crate::mapping::policies::{Policies, Policy};
use crate::mapping::target::{NOT_CONVERTED, Target};
use crate::mapping::types::TypeRule;
use crate::mysql::catalog::{Column, Flavor, Table};
use crate::mysql::sql::quoted;

/// BigQuery's limit on the columns of a table ("Quotas and limits", tables).
pub(super) const MOST_COLUMNS: usize = 10_000;
/// BigQuery's limit on the description of a column, in characters.
pub(super) const LONGEST_DESCRIPTION: usize = 1024;
/// The prefix of the list of ENUM or SET values in a description.
pub const VALUES: &str = "Values: ";

/// A source column and its mapping.
#[derive(Debug, Clone)]
pub struct MappedColumn {
    /// Its name in MySQL.
    pub source: String,
    /// Its name in BigQuery and in the Avro file.
    pub field: String,
    /// The types and the conversion that it is mapped to.
    pub target: Target,
    /// Its mask, which then converts its values.
    pub mask: Option<ColumnMask>,
    /// Whether it is REQUIRED in BigQuery, because it can never be NULL.
    pub required: bool,
    /// A type that can hold every value of the source column, if this one cannot.
    pub holds_all: Option<BigQueryType>,
    /// Whether it belongs to the source's primary key.
    pub in_primary_key: bool,
    /// The description in BigQuery: MySQL's column comment, and the values of an ENUM or SET; or what somebody wrote by hand.
    pub description: Option<String>,
    /// If the server converts the value: the position in a row of the check of this conversion.
    pub check: Option<usize>,
}

/// A column of the source's primary key. Errors identify a row by it, even if it is not copied.
#[derive(Debug, Clone)]
pub struct KeyColumn {
    /// Its name in MySQL.
    pub source: String,
    /// The types and the conversion that it is mapped to.
    pub target: Target,
    /// The position of its value in a row; `None` for a masked or held column that is not read.
    pub index: Option<usize>,
}

/// The mapping of a table. It is decided before the first row is read.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// In the order of the source's columns.
    pub columns: Vec<MappedColumn>,
    /// The policies for values that do not fit.
    pub policies: Policies,
    /// The source's primary key.
    pub keys: Vec<KeyColumn>,
    /// Columns that their mask drops.
    pub dropped: Vec<String>,
    /// New columns that `NEW_COLUMNS=hold` leaves out.
    pub held: Vec<String>,
}

/// The rules by which a table is mapped.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// The options of the table.
    pub options: &'a ColumnOptions,
    /// The policies for values that do not fit.
    pub policies: Policies,
    /// The masks of all tables.
    pub masking: &'a Masking,
    /// New columns that are left out.
    pub held: &'a [String],
}

impl Mapping {
    /// Maps the columns that the options select to their types, without masks of all tables. An error names the column.
    pub fn new(table: &Table, flavor: Flavor, options: &ColumnOptions, policies: Policies) -> Result<Self, Error> {
        Self::of(table, flavor, Rules { options, policies, masking: &Masking::default(), held: &[] })
    }

    /// Maps the columns that the rules select to their types. An error names the column.
    pub fn of(table: &Table, flavor: Flavor, rules: Rules<'_>) -> Result<Self, Error> {
        let policies = rules.policies;
        let mask = |column: &Column| rules.masking.of(&table.name, &column.name, &rules.options.masks);
        let is_held = |column: &Column| rules.held.contains(&column.name);
        let (dropped, chosen): (Vec<&Column>, Vec<&Column>) =
            chosen(&table.columns, rules.options)?.into_iter().partition(|column| mask(column) == Some(Mask::Drop));
        if let Some(column) = dropped.iter().find(|column| rules.options.type_of(&column.name).is_some()) {
            return Err(Error::TypeOfMasked { column: column.name.clone(), mask: Mask::Drop });
        }
        let mut columns = chosen
            .into_iter()
            .filter(|column| !is_held(column))
            .map(|column| map(column, table, flavor, rules, mask(column)))
            .collect::<Result<Vec<_>, _>>()?;
        // In a row, the checks follow all columns.
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
            _ => Ok(Self {
                keys: keys(table, flavor, &columns, selected, |column| is_held(column) || mask(column).is_some()),
                columns,
                policies,
                held: rules.held.to_vec(),
                dropped: dropped.into_iter().map(|column| column.name.clone()).collect(),
            }),
        }
    }

    /// The schema of the Avro file.
    pub fn avro_schema(&self) -> String {
        record_schema(self.columns.iter().map(|column| AvroField {
            name: column.field.clone(),
            kind: column.target.avro,
            nullable: !column.required,
            doc: column.description.clone(),
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

    /// The number of columns in a row.
    pub fn width(&self) -> usize {
        let last =
            self.keys.iter().filter_map(|key| key.index).chain(self.columns.iter().filter_map(|column| column.check));
        last.max().map_or(0, |last| last + 1).max(self.columns.len())
    }

    /// The select list: the columns in order, then the checks, then the primary key.
    pub fn select_list(&self) -> String {
        let expression = |select: &str, source: &str| select.replace("{}", &quoted(source));
        let columns = self.columns.iter().map(|column| expression(column.target.select, &column.source));
        let checked = self.columns.iter().filter(|column| column.target.check);
        let checks = checked.map(|column| expression(NOT_CONVERTED, &column.source));
        // Columns of the primary key that are not copied are read only for errors.
        let copied = |key: &&KeyColumn| self.columns.iter().any(|column| column.source == key.source);
        let keys = self.keys.iter().filter(|key| !copied(key) && key.index.is_some());
        let keys = keys.map(|key| expression(key.target.select, &key.source));
        columns.chain(checks).chain(keys).collect::<Vec<_>>().join(", ")
    }
}

/// The primary key. Its columns that are not in `columns` follow in the row from position `next`, unless they are masked or held.
fn keys(
    table: &Table,
    flavor: Flavor,
    columns: &[MappedColumn],
    mut next: usize,
    is_hidden: impl Fn(&Column) -> bool,
) -> Vec<KeyColumn> {
    let mut keys = Vec::new();
    for key in table.columns.iter().filter(|column| column.in_primary_key) {
        let copied = columns.iter().enumerate().find(|(_, column)| column.source == key.name);
        let (target, index) = match copied {
            Some((index, column)) => (column.target.clone(), Some(index)),
            None if !key.readable => continue,
            None => {
                let Some(rule) = TypeRule::of(key) else { continue };
                let target = rule.own.target(key, flavor);
                if is_hidden(key) {
                    (Target { encoding: Encoding::Masked, ..target }, None)
                } else {
                    next += 1;
                    (target, Some(next - 1))
                }
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
    rules: Rules<'_>,
    mask: Option<Mask>,
) -> Result<MappedColumn, Error> {
    let Column { name, column_type, .. } = column;
    let rule = TypeRule::of(column)
        .ok_or_else(|| Error::UnknownType { column: name.clone(), column_type: column_type.clone() })?;
    let targets = rule.targets(column, flavor);
    let wanted = rules.options.type_of(name);
    // NULL can have any type. The other masks have a type of their own.
    if let (Some(_), Some(mask)) = (wanted, mask.filter(|mask| *mask != Mask::Null)) {
        return Err(Error::TypeOfMasked { column: name.clone(), mask });
    }
    // Without an option, it is the default type of the column.
    let wanted = wanted.unwrap_or(rule.own.field_type);
    let Some(target) = targets.iter().find(|target| target.field_type == wanted).cloned() else {
        let possible = targets.iter().map(|target| target.field_type).collect();
        let (column, column_type) = (name.clone(), column_type.clone());
        return Err(Error::ImpossibleType { column, column_type, wanted, possible });
    };
    let (mask, target) = match mask {
        Some(mask) => {
            let (mask, target) = masked(column, target, mask, rules.masking)?;
            (Some(mask), target)
        }
        None => (None, target),
    };
    let holds_all = targets.iter().find(|other| target.is_partial() && other.holds_all() && mask.is_none());
    let policies = rules.policies;
    let policy_gives_null = (target.zero_dates && policies.zero_dates == Policy::Null)
        || (target.invalid_values && policies.invalid_values == Policy::Null);
    Ok(MappedColumn {
        source: name.clone(),
        field: names::column(name)?,
        // MySQL derives the nullability of a view's columns from its query, which is not reliable.
        required: !column.nullable
            && !table.is_view
            && !policy_gives_null
            && !mask.as_ref().is_some_and(ColumnMask::is_null),
        holds_all: holds_all.map(|other| other.field_type),
        in_primary_key: column.in_primary_key,
        description: description(column, mask.is_some()),
        check: None,
        mask,
        target,
    })
}

/// The mask of a column, and its target with the mask.
fn masked(column: &Column, target: Target, mask: Mask, masking: &Masking) -> Result<(ColumnMask, Target), Error> {
    let possible = Mask::possible(column);
    if !possible.contains(&mask) {
        let (column, column_type) = (column.name.clone(), column.column_type.clone());
        return Err(Error::ImpossibleMask { column, column_type, mask, possible });
    }
    if mask == Mask::Hmac && masking.key.is_none() {
        return Err(Error::NoMaskKey(column.name.clone()));
    }
    Ok(ColumnMask::new(mask, &target, masking.key.as_ref()))
}

/// The comment of the column, and for ENUM and SET its values, as MySQL writes them. A masked column does not have these values.
fn description(column: &Column, is_masked: bool) -> Option<String> {
    let list = column.column_type.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    let values = list
        .filter(|_| !is_masked && matches!(&*column.data_type, "enum" | "set"))
        .map(|list| format!("{VALUES}{list}"));
    let comment = Some(column.comment.clone()).filter(|comment| !comment.is_empty());
    let parts: Vec<String> = comment.into_iter().chain(values).collect();
    (!parts.is_empty()).then(|| parts.join("\n").chars().take(LONGEST_DESCRIPTION).collect())
}

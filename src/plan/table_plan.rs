//! The plan of one table: what exists, and what a sync will do.

use crate::bigquery::tables::Existing;
use crate::bigquery::types::load::{CreateDisposition, DecimalTarget, LoadConfiguration, SourceFormat};
use crate::bigquery::types::schema::TableSchema;
use crate::bigquery::types::table::TableReference;
use crate::mapping::Mapping;
use crate::mysql::catalog::Table;
use crate::mysql::sql;
use crate::plan::drift::Drift;
use crate::plan::post_load::PostLoadPatch;
use crate::plan::reading::Reading;
use crate::plan::{destination, layout};
use crate::work::request::TableRequest;

/// Everything about a table's sync that is known before it starts.
#[derive(Debug)]
pub struct TablePlan {
    /// The source.
    pub table: Table,
    /// Its name in BigQuery.
    pub destination: String,
    /// Its columns.
    pub mapping: Mapping,
    /// The SELECT statement.
    pub statement: String,
    /// How the table is read.
    pub reading: Reading,
    /// How much of the table is copied.
    pub mode: Mode,
    /// The load job.
    pub load: LoadConfiguration,
    /// The settings to set after the load.
    pub post_load_patch: Vec<PostLoadPatch>,
    /// How the destination's columns change.
    pub drift: Drift,
    /// The destination's settings that are preserved, one line each.
    pub preserved: Vec<String>,
    /// Whether the destination exists already.
    pub replaces: bool,
    /// How many rows the destination has now.
    pub previous_rows: Option<u64>,
    /// The table's own limit, which overrides `MAX_SHRINK_PERCENT`.
    pub max_shrink_percent: Option<u8>,
}

/// How much of a table is copied; each mode has its strategy in `publish`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// All of it: the destination is replaced.
    Full,
}

/// Decides what a sync will do with the table.
pub(super) fn decide(
    request: &TableRequest,
    table: Table,
    mapping: Mapping,
    reading: Reading,
    reference: TableReference,
    existing: Option<Existing>,
) -> Result<TablePlan, String> {
    let layout = layout::of(request, &mapping, existing.as_ref())?;
    let target = destination::of(&table, &mapping, existing.as_ref())?;
    Ok(TablePlan {
        statement: sql::select(&mapping.select_list(), &table.name, request.filter.as_deref()),
        table,
        destination: reference.table_id.clone(),
        mapping,
        reading,
        mode: Mode::Full,
        load: LoadConfiguration {
            source_format: SourceFormat::Avro,
            use_avro_logical_types: true,
            decimal_target_types: vec![DecimalTarget::Numeric, DecimalTarget::BigNumeric, DecimalTarget::String],
            create_disposition: CreateDisposition::CreateIfNeeded,
            write_disposition: target.write_disposition,
            schema_update_options: target.schema_update_options,
            schema: TableSchema { fields: target.fields },
            time_partitioning: layout.time_partitioning,
            range_partitioning: layout.range_partitioning,
            clustering: layout.clustering,
            destination_encryption_configuration: target.encryption,
            destination_table: reference,
        },
        post_load_patch: target.post_load_patch,
        drift: target.drift,
        preserved: layout.preserved.into_iter().chain(target.preserved).collect(),
        replaces: existing.is_some(),
        previous_rows: existing.and_then(|existing| existing.table.num_rows),
        max_shrink_percent: request.max_shrink_percent,
    })
}

//! A warning about a load job that would write to too many partitions.

use crate::mysql;
use crate::mysql::catalog::Table;
use crate::mysql::extremes;
use crate::work::request::{PartitionBy, PartitionScheme, TableRequest};

/// BigQuery's limit on the partitions that one job writes to ("Quotas and limits", partitioned tables).
const MOST: u64 = 4_000;

/// The warning, if `partition_by` asks for partitions by time and the server knows cheaply which time the rows cover.
pub(super) async fn warning(
    connection: &mut mysql::Connection,
    request: &TableRequest,
    table: &Table,
) -> Result<Option<String>, mysql::Error> {
    let Some(PartitionBy { column, scheme: PartitionScheme::Time(granularity) }) = &request.partition_by else {
        return Ok(None);
    };
    // A filter may leave out most of the rows.
    if table.is_view || request.filter.is_some() {
        return Ok(None);
    }
    let unit = granularity.name();
    let span = extremes::span(connection, &table.name, column, unit).await?;
    let partitions = span.map(|units| units.saturating_add(1)).filter(|partitions| *partitions > MOST);
    Ok(partitions.map(|partitions| {
        format!(
            "the rows may need about {partitions} partitions by {unit}, and BigQuery refuses a load into more than {MOST}: use \
             a longer \"granularity\" in \"partition_by\""
        )
    }))
}

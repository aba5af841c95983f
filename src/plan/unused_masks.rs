//! Warns about patterns of `MASK` that match no column: a typo in one would leave values unmasked.

use crate::mysql;
use crate::mysql::catalog;
use crate::mysql::error::Error;
use crate::mysql::sql::in_time;
use crate::plan::planner::Planner;
use crate::report::events;

impl Planner {
    /// Logs each pattern that matches no column of the database, whichever tables are copied and by which task.
    pub async fn warn_about_unused_masks(&self) {
        let (source, masking) = (&self.endpoints.source, &self.settings.masking);
        if masking.patterns.is_empty() {
            return;
        }
        let asking = async {
            let mut connection = mysql::connection::connect(source).await?;
            let columns = in_time(source.stall, catalog::all_columns(&mut connection)).await?;
            mysql::connection::close(connection).await;
            Ok::<_, Error>(columns)
        };
        // A server that does not answer fails the tables, too, and they say why.
        let Ok(columns) = asking.await else { return };
        for pattern in masking.unused(&columns) {
            let (pattern, mask) = (&*pattern.text, pattern.mask);
            events::MaskUnused { pattern }.log(format_args!(
                "the pattern {pattern:?} of MASK matches no column of database {}: nothing gets its mask {mask}",
                source.database
            ));
        }
    }
}

//! Makes plans from what exists in MySQL and BigQuery.

use crate::bigquery::tables::Existing;
use crate::hints;
use crate::mapping::Mapping;
use crate::mysql;
use crate::mysql::catalog::{self, Found, Table};
use crate::mysql::error::WhileDoing as _;
use crate::mysql::sql::in_time;
use crate::plan::error::Error;
use crate::plan::reading::Reading;
use crate::plan::settings::Settings;
use crate::plan::table_plan::{TablePlan, decide};
use crate::work::endpoints::Endpoints;
use crate::work::request::TableRequest;

/// The least similarity (0 to 1) of a table name that an error suggests.
const NEAREST_NAME: f64 = 0.6;

/// Plans tables.
pub struct Planner {
    /// MySQL and BigQuery.
    pub endpoints: Endpoints,
    /// Defaults for all tables.
    pub settings: Settings,
}

/// A requested table that exists.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// The table as the server spells it.
    pub found: Found,
    /// Its name in BigQuery.
    pub destination: String,
}

/// A source table, the mapping of its columns, and how it is read.
pub struct Source {
    /// The table.
    pub table: Table,
    /// The mapping of its columns.
    pub mapping: Mapping,
    /// How it is read.
    pub reading: Reading,
}

impl Planner {
    /// Finds the requested table and its name in BigQuery.
    pub async fn resolve(&self, connection: &mut mysql::Connection, request: &TableRequest) -> Result<Resolved, Error> {
        let looking = in_time(self.endpoints.source.stall, catalog::find(connection, &request.name)).await;
        let found = match looking.while_doing(|| format!("looking up table {}", request.name))? {
            Ok(found) => found,
            Err(existing) => return Err(Error::Problem(self.missing(&request.name, &existing))),
        };
        let destination = request.destination(&found.name).map_err(Error::Problem)?;
        if let Some(sources) = self.endpoints.conflicts.get(&destination) {
            let sources = sources.join(" and ");
            return Err(Error::Problem(format!(
                "{sources} would all be copied to table {destination} in BigQuery: {}",
                hints::tables::ONE_DESTINATION_EACH
            )));
        }
        Ok(Resolved { found, destination })
    }

    /// Decides how the table is read.
    pub async fn reading(
        &self,
        connection: &mut mysql::Connection,
        request: &TableRequest,
        found: &Found,
    ) -> Result<Reading, Error> {
        let reading = Reading::of(connection, &self.settings, request, found);
        Ok(in_time(self.endpoints.source.stall, reading).await.while_doing(|| "reading the primary key")?)
    }

    /// Reads the table's columns from the catalog and maps them.
    pub async fn source(
        &self,
        connection: &mut mysql::Connection,
        request: &TableRequest,
        found: Found,
        reading: Reading,
    ) -> Result<Source, Error> {
        let (stall, flavor) = (self.endpoints.source.stall, self.endpoints.flavor);
        let name = found.name.clone();
        let doing = || format!("reading the columns of table {name}");
        let table = in_time(stall, catalog::columns(connection, flavor, found)).await.while_doing(doing)?;
        let mapping = Mapping::new(&table, flavor, &request.columns, self.settings.policies)?;
        if request.columns.take_all() {
            let checking = async {
                catalog::check_all_columns(connection, &table.name, mapping.has_vectors()).await?;
                if flavor == catalog::Flavor::MySql && !table.is_view {
                    catalog::check_invisible_columns(connection, &table.name).await?;
                }
                Ok(())
            };
            in_time(stall, checking).await.while_doing(doing)?;
        }
        Ok(Source { table, mapping, reading })
    }

    /// The destination table, if it exists.
    pub async fn existing(&self, destination: &str) -> Result<Option<Existing>, Error> {
        Ok(self.endpoints.bigquery.existing(destination).await?)
    }

    /// Decides what a sync will do with the table.
    pub fn decide(
        &self,
        request: &TableRequest,
        source: Source,
        destination: &str,
        existing: Option<Existing>,
    ) -> Result<TablePlan, Error> {
        let Source { table, mapping, reading } = source;
        let destination = self.endpoints.bigquery.reference(destination);
        decide(request, table, mapping, reading, destination, existing).map_err(Error::Problem)
    }

    /// Plans a resolved table. Within a snapshot, which prevents ALTER TABLE, the plan stays valid until the last row.
    pub async fn plan(
        &self,
        connection: &mut mysql::Connection,
        request: &TableRequest,
        resolved: Resolved,
        reading: Reading,
    ) -> Result<TablePlan, Error> {
        let Resolved { found, destination } = resolved;
        let (source, existing) =
            tokio::try_join!(self.source(connection, request, found, reading), self.existing(&destination))?;
        self.decide(request, source, &destination, existing)
    }

    fn missing(&self, name: &str, existing: &[String]) -> String {
        let (database, user) = (&self.endpoints.source.database, &self.endpoints.source.user);
        let similarity = |other: &String| strsim::jaro_winkler(&name.to_lowercase(), &other.to_lowercase());
        let nearest = existing
            .iter()
            .map(|other| (similarity(other), other))
            .filter(|(similarity, _)| *similarity >= NEAREST_NAME)
            .max_by(|(a, _), (b, _)| a.total_cmp(b));
        let nearest = nearest.map_or(String::new(), |(_, other)| format!("; the nearest name is {other}"));
        hints::tables::missing(database, user, name, &nearest)
    }
}

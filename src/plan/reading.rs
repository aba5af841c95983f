//! How a table is read: with one statement, or over several connections by ranges of its primary key.

use std::fmt;

use crate::mapping::Mapping;
use crate::mysql;
use crate::mysql::catalog::Found;
use crate::mysql::error::{Error, Kind};
use crate::mysql::key::{self, Key};
use crate::mysql::ranges::{Ranges, Size};
use crate::plan::settings::Settings;
use crate::work::request::TableRequest;

/// For a smaller table, opening more connections takes longer than it saves.
const FEWEST_ROWS: u64 = 10_000;

/// How a table is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// Over one connection; the reason if the settings ask for more.
    Whole(Option<&'static str>),
    /// Over several connections.
    Divided {
        /// How many.
        connections: usize,
        /// The key whose ranges divide the table.
        key: Key,
    },
}

/// The suffix of the statement in a plan; empty if the settings ask for one connection.
impl fmt::Display for Reading {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(None) => Ok(()),
            Self::Whole(Some(why)) => write!(formatter, " (over one connection: {why})"),
            Self::Divided { connections, key } => {
                write!(formatter, " (over {connections} connections, by ranges of the primary key ({}))", key.names())
            }
        }
    }
}

impl Reading {
    /// Decides how to read the table. Queries the server only if the settings ask for several connections.
    pub async fn of(
        connection: &mut mysql::Connection,
        settings: &Settings,
        request: &TableRequest,
        found: &Found,
    ) -> Result<Self, Error> {
        let connections = request.read_connections.unwrap_or(settings.read_connections).get();
        if connections == 1 {
            return Ok(Self::Whole(None));
        }
        let whole = |why| Ok(Self::Whole(Some(why)));
        if found.is_view {
            return whole("a view has no primary key");
        }
        // The best index for the filter may not be the primary key.
        if request.filter.is_some() {
            return whole("it has a \"where\", which may need another index than the primary key");
        }
        if found.estimated_rows.unwrap_or(0) < FEWEST_ROWS {
            return whole("it is small");
        }
        Ok(match key::primary(connection, &found.name).await? {
            Some(key) => Self::Divided { connections, key },
            None => Self::Whole(Some("it has no primary key, or none that can be divided into ranges")),
        })
    }

    /// How many connections read the table.
    pub fn connections(&self) -> usize {
        match self {
            Self::Whole(_) => 1,
            Self::Divided { connections, .. } => *connections,
        }
    }

    /// The ranges to read; called when the columns are known.
    pub async fn ranges(
        &self,
        connection: &mut mysql::Connection,
        found: &Found,
        statement: &str,
        mapping: &Mapping,
    ) -> Result<Ranges, Error> {
        let Self::Divided { connections, key } = self else { return Ok(Ranges::whole(statement.to_owned())) };
        if mysql::key::primary(connection, &found.name).await?.as_ref() != Some(key) {
            let outdated = Error::from(Kind::Outdated("the primary key was just altered"));
            return Err(outdated.doing(format!("dividing table {} by its primary key", found.name)));
        }
        let size = Size {
            rows: found.estimated_rows.unwrap_or(0),
            bytes: found.estimated_bytes.unwrap_or(0),
            connections: *connections as u64,
        };
        let index = |name: &str| {
            let plain = mapping.keys.iter().find(|key| key.source == name && key.target.select == "{}");
            plain.map(|key| key.index)
        };
        let (key, columns) = (key.clone(), mapping.select_list());
        Ranges::of_key(connection, &found.name, key, columns, mapping.width(), index, size).await
    }
}

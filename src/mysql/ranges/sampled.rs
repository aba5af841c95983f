//! Ranges of any key. They end at existing keys, which are found by walking the index in steps of a fixed number of rows,
//! just ahead of the readers.

use std::time::Duration;

use crate::mysql::error::{Error, Kind, WhileDoing as _};
use crate::mysql::key::{Boundary, Key};
use crate::mysql::ranges::range::{Range, Scan};
use crate::mysql::sql::{Connection, in_time, query, quoted};

/// How far the index of a key has been walked.
pub struct Sampled {
    key: Key,
    /// Locked while the index is walked.
    position: tokio::sync::Mutex<Position>,
}

enum Position {
    Start,
    At(Boundary),
    End,
}

impl Sampled {
    pub(super) fn new(key: Key) -> Self {
        Self { key, position: tokio::sync::Mutex::new(Position::Start) }
    }

    /// Takes the next range. Asks the server where it ends.
    pub(super) async fn next(
        &self,
        scan: &Scan,
        connection: &mut Connection,
        stall: Duration,
    ) -> Result<Option<Range>, Error> {
        let mut position = self.position.lock().await;
        let after = match &*position {
            Position::Start => None,
            Position::At(boundary) => Some(boundary.clone()),
            Position::End => return Ok(None),
        };
        let walking = in_time(stall, self.walk(scan, connection, after.as_ref())).await;
        let up_to = walking
            .while_doing(|| format!("dividing table {} by its primary key ({})", scan.table, self.key.names()))?;
        let conditions: Vec<String> = [after.map(|b| self.key.after(&b)), up_to.as_ref().map(|b| self.key.up_to(b))]
            .into_iter()
            .flatten()
            .map(|condition| format!("({condition})"))
            .collect();
        *position = up_to.map_or(Position::End, Position::At);
        Ok(Some(Range::whole(scan.statement(&conditions.join(" AND "), ""))))
    }

    /// The key of the last row of the next range; `None` if it is the last range.
    async fn walk(
        &self,
        scan: &Scan,
        connection: &mut Connection,
        after: Option<&Boundary>,
    ) -> Result<Option<Boundary>, Error> {
        let condition = after.map_or(String::new(), |boundary| format!(" WHERE {}", self.key.after(boundary)));
        let statement = format!(
            "SELECT {} FROM {} FORCE INDEX (PRIMARY){condition} ORDER BY {} LIMIT 1 OFFSET {}",
            self.key.select_list(),
            quoted(&scan.table),
            self.key.order(),
            scan.rows_per_range - 1
        );
        let rows = query(connection, &statement, &[]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let boundary = self.key.boundary(row);
        boundary.map(Some).ok_or_else(|| Kind::UnwritableKey.into())
    }
}

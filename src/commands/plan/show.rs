//! A plan as text for people and as JSON for machines.

use std::fmt::Write as _;

use serde::Serialize;

use crate::bigquery::types::load::LoadConfiguration;
use crate::bigquery::types::patch::TablePatch;
use crate::bigquery::types::schema::TableSchema;
use crate::mapping::MappedColumn;
use crate::mapping::policies::Policy;
use crate::plan::drift::Drift;
use crate::plan::post_load::PostLoadPatch;
use crate::plan::{Planner, TablePlan};
use crate::report::units::megabytes;

/// One table's plan, or the reason why there is none.
pub(super) struct Shown {
    /// The name in the request.
    pub(super) name: String,
    pub(super) result: Result<TablePlan, String>,
}

/// The plans as JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Plans<'a> {
    database: &'a str,
    project: &'a str,
    dataset: &'a str,
    failing: usize,
    tables: Vec<Table<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Table<'a> {
    Planned(Box<Planned<'a>>),
    Failing { table: &'a str, problems: [&'a str; 1] },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Planned<'a> {
    table: &'a str,
    destination: &'a str,
    estimated_rows: Option<u64>,
    estimated_bytes: Option<u64>,
    replaces: bool,
    previous_rows: Option<u64>,
    columns: Vec<Column<'a>>,
    dropped: &'a [String],
    held: &'a [String],
    drift: &'a Drift,
    preserved: &'a [String],
    warnings: &'a [String],
    policies: Vec<String>,
    problems: [&'a str; 0],
    statement: &'a str,
    connections: usize,
    pre_load_patch: Option<&'a TablePatch>,
    load: &'a LoadConfiguration,
    post_load_patch: &'a [PostLoadPatch],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Column<'a> {
    source: &'a str,
    source_type: &'a str,
    name: &'a str,
    #[serde(rename = "type")]
    kind: String,
    mode: &'static str,
    mask: Option<&'static str>,
}

/// `{"dataset": …, "failing": n, "tables": […]}`
pub(super) fn json(plans: &[Shown], planner: &Planner) -> Result<String, serde_json::Error> {
    let shown = Plans {
        database: &planner.endpoints.source.database,
        project: &planner.endpoints.destination.project,
        dataset: &planner.endpoints.destination.dataset,
        failing: failing(plans),
        tables: plans.iter().map(|plan| table_json(plan, planner)).collect(),
    };
    Ok(serde_json::to_string_pretty(&shown)? + "\n")
}

fn table_json<'a>(Shown { name, result }: &'a Shown, planner: &Planner) -> Table<'a> {
    let plan = match result {
        Ok(plan) => plan,
        Err(problem) => return Table::Failing { table: name, problems: [problem] },
    };
    let column = |column: &'a MappedColumn| Column {
        source: &column.source,
        source_type: source_type(plan, column),
        name: &column.field,
        kind: column.target.field_type.to_string(),
        mode: mode(plan, column),
        mask: column.mask.as_ref().map(|mask| mask.mask.name()),
    };
    Table::Planned(Box::new(Planned {
        table: &plan.table.name,
        destination: &plan.destination,
        estimated_rows: plan.table.estimated_rows,
        estimated_bytes: plan.table.estimated_bytes,
        replaces: plan.replaces,
        previous_rows: plan.previous_rows,
        columns: plan.mapping.columns.iter().map(column).collect(),
        dropped: &plan.mapping.dropped,
        held: &plan.mapping.held,
        drift: &plan.drift,
        preserved: &plan.preserved,
        warnings: &plan.warnings,
        policies: policies(plan, planner),
        problems: [],
        statement: &plan.statement,
        connections: plan.reading.connections(),
        pre_load_patch: plan.pre_load_patch.as_ref(),
        load: &plan.load,
        post_load_patch: &plan.post_load_patch,
    }))
}

/// A paragraph per table, and a line about all tables.
pub(super) fn text(plans: &[Shown], planner: &Planner) -> String {
    let mut out = String::new();
    for plan in plans {
        // Writing to a String cannot fail.
        let _ = table_text(&mut out, plan, planner);
    }
    let failing = failing(plans);
    let _ = match failing {
        0 => writeln!(out, "{} tables would be synced; nothing was written.", plans.len()),
        _ => writeln!(out, "{failing} of {} tables would fail; nothing was written.", plans.len()),
    };
    out
}

fn table_text(out: &mut String, Shown { name, result }: &Shown, planner: &Planner) -> std::fmt::Result {
    let plan = match result {
        Ok(plan) => plan,
        Err(problem) => return writeln!(out, "{name}\n  PROBLEM {problem}\n"),
    };
    let rows = plan.table.estimated_rows.map_or("rows unknown".into(), |rows| format!("about {rows} rows"));
    let bytes = plan.table.estimated_bytes.map_or(String::new(), |bytes| format!(", {}", megabytes(bytes)));
    let what = match (plan.replaces, plan.previous_rows) {
        (false, _) => "new".to_owned(),
        (true, Some(rows)) => format!("replaces {rows} rows"),
        (true, None) => "replaces the table".to_owned(),
    };
    writeln!(
        out,
        "{} → {}.{}: {rows}{bytes}; {what}",
        plan.table.name, planner.endpoints.destination.dataset, plan.destination
    )?;
    let width = plan.mapping.columns.iter().map(|column| column.field.chars().count()).max().unwrap_or(0);
    for column in &plan.mapping.columns {
        let kind = format!("{} {}", column.target.field_type, mode(plan, column));
        let renamed =
            if column.field == column.source { String::new() } else { format!(" (renamed from {:?})", column.source) };
        let mask = column.mask.as_ref().map_or(String::new(), |mask| format!(", masked: {}", mask.mask));
        writeln!(out, "  {:width$}  {kind:<20}  from {}{renamed}{mask}", column.field, source_type(plan, column))?;
    }
    if !plan.mapping.dropped.is_empty() {
        writeln!(out, "  masked    {} (drop: not copied)", plan.mapping.dropped.join(", "))?;
    }
    if !plan.mapping.held.is_empty() {
        writeln!(out, "  held      {} (new, and NEW_COLUMNS=hold: not copied)", plan.mapping.held.join(", "))?;
    }
    if !plan.drift.is_empty() {
        writeln!(out, "  changes   {}", plan.drift)?;
    }
    if !plan.preserved.is_empty() {
        writeln!(out, "  preserves {}", plan.preserved.join("; "))?;
    }
    for warning in &plan.warnings {
        writeln!(out, "  WARNING   {warning}")?;
    }
    for policy in policies(plan, planner) {
        writeln!(out, "  policy    {policy}")?;
    }
    writeln!(out, "  reads     {}{}", plan.statement, plan.reading)?;
    // The columns are already listed above.
    let load = LoadConfiguration { schema: TableSchema::default(), ..plan.load.clone() };
    writeln!(out, "  loads     {}", as_json(&load))?;
    if let Some(patch) = &plan.pre_load_patch {
        writeln!(out, "  first sets {}", as_json(patch))?;
    }
    for patch in &plan.post_load_patch {
        writeln!(out, "  then sets {}", as_json(patch))?;
    }
    writeln!(out)
}

/// One line of JSON. Serializing what is sent to BigQuery does not fail.
fn as_json(sent: &impl Serialize) -> String {
    serde_json::to_string(sent).unwrap_or_default()
}

fn failing(plans: &[Shown]) -> usize {
    plans.iter().filter(|plan| plan.result.is_err()).count()
}

/// The mode in the load job, because a table with row access policies keeps the modes of its columns.
fn mode(plan: &TablePlan, column: &MappedColumn) -> &'static str {
    let field = plan.load.schema.fields.iter().find(|field| field.name == column.field);
    field.map_or("", |field| field.mode.name())
}

fn source_type<'a>(plan: &'a TablePlan, column: &MappedColumn) -> &'a str {
    let columns = &plan.table.columns;
    columns.iter().find(|source| source.name == column.source).map_or("", |source| &source.column_type)
}

fn policies(plan: &TablePlan, planner: &Planner) -> Vec<String> {
    let columns = |applies: fn(&MappedColumn) -> bool| {
        let names: Vec<&str> =
            plan.mapping.columns.iter().filter(|column| applies(column)).map(|column| &*column.source).collect();
        names.join(", ")
    };
    let policies = plan.mapping.policies;
    let mut lines = Vec::new();
    let dates = columns(|column| column.target.zero_dates);
    if !dates.is_empty() {
        lines.push(match policies.zero_dates {
            Policy::Null => format!("zero dates are nulled (ZERO_DATES=null): {dates}"),
            Policy::Error => format!("a zero date fails the table (ZERO_DATES=error): {dates}"),
        });
    }
    let values = columns(|column| column.target.invalid_values);
    if !values.is_empty() {
        lines.push(match policies.invalid_values {
            Policy::Null => format!("values that do not fit are nulled (INVALID_VALUES=null): {values}"),
            Policy::Error => format!("a value that does not fit fails the table (INVALID_VALUES=error): {values}"),
        });
    }
    match (plan.max_shrink_percent, planner.settings.max_shrink_percent) {
        (Some(percent), _) => lines.push(shrink_limit(percent, "max_shrink_percent in TABLES")),
        (None, Some(percent)) => lines.push(shrink_limit(percent, "MAX_SHRINK_PERCENT")),
        (None, None) => {}
    }
    lines
}

fn shrink_limit(percent: u8, setting: &str) -> String {
    format!("a loss of more than {percent}% of the rows is refused ({setting})")
}

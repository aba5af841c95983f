//! A plan as text for people and as JSON for machines.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::mapping::MappedColumn;
use crate::mapping::policies::Policy;
use crate::plan::destination::standard_type;
use crate::plan::reading::Reading;
use crate::plan::{Planner, TablePlan};
use crate::report::units::megabytes;

/// One table's plan, or the reason why there is none.
pub(super) struct Shown {
    /// The name that was asked for.
    pub(super) name: String,
    pub(super) result: Result<(TablePlan, Reading), String>,
}

/// `{"dataset": …, "failing": n, "tables": […]}`
pub(super) fn json(plans: &[Shown], planner: &Planner) -> String {
    let tables: Vec<Value> = plans.iter().map(|plan| table_json(plan, planner)).collect();
    let plan = json!({
        "database": planner.endpoints.source.database,
        "project": planner.endpoints.destination.project,
        "dataset": planner.endpoints.destination.dataset,
        "failing": failing(plans),
        "tables": tables,
    });
    format!("{plan:#}\n")
}

fn table_json(Shown { name, result }: &Shown, planner: &Planner) -> Value {
    let (plan, reading) = match result {
        Ok(planned) => planned,
        Err(problem) => return json!({"table": name, "problems": [problem]}),
    };
    let columns: Vec<Value> = plan
        .mapping
        .columns
        .iter()
        .map(|column| {
            json!({
                "source": column.source,
                "sourceType": source_type(plan, column),
                "name": column.field,
                "type": standard_type(column),
                "mode": mode(plan, column),
            })
        })
        .collect();
    json!({
        "table": plan.table.name,
        "destination": plan.destination,
        "estimatedRows": plan.table.estimated_rows,
        "estimatedBytes": plan.table.estimated_bytes,
        "replaces": plan.replaces,
        "previousRows": plan.previous_rows,
        "columns": columns,
        "drift": plan.drift,
        "kept": plan.kept,
        "policies": policies(plan, planner),
        "problems": [],
        "statement": plan.statement,
        "connections": reading.connections(),
        "load": plan.load,
        "afterwards": plan.afterwards,
    })
}

/// A paragraph a table, and a line about all of them.
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
    let (plan, reading) = match result {
        Ok(planned) => planned,
        Err(problem) => return writeln!(out, "{name}\n  PROBLEM {problem}\n"),
    };
    let rows = plan.table.estimated_rows.map_or("rows unknown".into(), |rows| format!("about {rows} rows"));
    let bytes = plan.table.estimated_bytes.map_or(String::new(), |bytes| format!(", {}", megabytes(bytes)));
    let fate = match (plan.replaces, plan.previous_rows) {
        (false, _) => "new".to_owned(),
        (true, Some(rows)) => format!("replaces {rows} rows"),
        (true, None) => "replaces the table".to_owned(),
    };
    writeln!(
        out,
        "{} → {}.{}: {rows}{bytes}; {fate}",
        plan.table.name, planner.endpoints.destination.dataset, plan.destination
    )?;
    let width = plan.mapping.columns.iter().map(|column| column.field.chars().count()).max().unwrap_or(0);
    for column in &plan.mapping.columns {
        let kind = format!("{} {}", standard_type(column), mode(plan, column));
        let renamed =
            if column.field == column.source { String::new() } else { format!(" (renamed from {:?})", column.source) };
        writeln!(out, "  {:width$}  {kind:<20}  from {}{renamed}", column.field, source_type(plan, column))?;
    }
    if !plan.drift.is_empty() {
        writeln!(out, "  changes   {}", plan.drift)?;
    }
    if !plan.kept.is_empty() {
        writeln!(out, "  keeps     {}", plan.kept.join("; "))?;
    }
    for policy in policies(plan, planner) {
        writeln!(out, "  policy    {policy}")?;
    }
    writeln!(out, "  reads     {}{reading}", plan.statement)?;
    let mut load = plan.load.clone();
    // The columns are above.
    load.remove("schema");
    writeln!(out, "  loads     {}", Value::Object(load))?;
    if let Some(properties) = &plan.afterwards {
        writeln!(out, "  then sets {properties}")?;
    }
    writeln!(out)
}

fn failing(plans: &[Shown]) -> usize {
    plans.iter().filter(|plan| plan.result.is_err()).count()
}

/// As the load job has it: a table with row access policies keeps its columns' modes.
fn mode<'a>(plan: &'a TablePlan, column: &MappedColumn) -> &'a str {
    let fields = plan.load.get("schema").and_then(|schema| schema["fields"].as_array());
    let field = fields.into_iter().flatten().find(|field| field["name"] == column.field);
    field.and_then(|field| field["mode"].as_str()).unwrap_or_default()
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
            Policy::Null => format!("zero dates become NULL (ZERO_DATES=null): {dates}"),
            Policy::Error => format!("a zero date fails the table (ZERO_DATES=error): {dates}"),
        });
    }
    let values = columns(|column| column.target.invalid_values);
    if !values.is_empty() {
        lines.push(match policies.invalid_values {
            Policy::Null => format!("values without a counterpart become NULL (INVALID_VALUES=null): {values}"),
            Policy::Error => format!("a value without a counterpart fails the table (INVALID_VALUES=error): {values}"),
        });
    }
    match (plan.max_shrink_percent, planner.settings.max_shrink_percent) {
        (Some(percent), _) => lines.push(refused_loss(percent, "max_shrink_percent in TABLES")),
        (None, Some(percent)) => lines.push(refused_loss(percent, "MAX_SHRINK_PERCENT")),
        (None, None) => {}
    }
    lines
}

fn refused_loss(percent: u8, setting: &str) -> String {
    format!("a loss of more than {percent}% of the rows is refused ({setting})")
}

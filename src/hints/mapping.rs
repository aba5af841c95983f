//! What to do about columns that cannot be mapped and values that do not fit: variables and options of a table.

use crate::mapping::error::Error;
use crate::mapping::row::{RowError, RowProblem};
use crate::mapping::unrepresentable::Unrepresentable;

/// Why the columns of a table cannot be mapped, and what to do about it.
pub fn explain(error: &Error) -> String {
    match error {
        Error::UnknownColumn { option, .. } => format!("{error} (check {option:?} in TABLES)"),
        Error::LeftOut(_) | Error::ImpossibleType { .. } => format!("{error} (check \"types\" in TABLES)"),
        Error::NoColumn => format!("{error}: check \"columns\" in TABLES"),
        Error::TooManyColumns { .. } => format!("{error}: leave some out with \"columns\" in TABLES"),
        Error::SameName { second, .. } => format!("{error}: rename one, or leave one out with {}", excluding(second)),
        Error::ReservedName { column, .. } => {
            format!("{error}: leave it out with {}, or read a view that renames it", excluding(column))
        }
        Error::UnknownType { column, .. } => format!("{error}: leave it out with {}", excluding(column)),
    }
}

/// Why a row fails the table, and how to avoid the failure.
pub fn explain_row(error: &RowError) -> String {
    match &error.problem {
        RowProblem::DoesNotFit { why, fitting, .. } => {
            let policy = match why {
                Unrepresentable::ZeroDate => "ZERO_DATES",
                _ => "INVALID_VALUES",
            };
            let keeping = fitting.map_or_else(String::new, |kind| {
                format!(", \"types\": {{{:?}: \"{kind}\"}} in TABLES would keep the value", error.column)
            });
            format!("{error} ({policy}=null would write NULL{keeping})")
        }
        RowProblem::TooLarge { .. } => format!("{error} (\"columns\" or \"where\" in TABLES can leave it out)"),
        RowProblem::Malformed { .. } => format!("{error} (was the table altered during the read?)"),
        RowProblem::NotConverted | RowProblem::UnexpectedNull => error.to_string(),
    }
}

fn excluding(column: &str) -> String {
    format!("\"columns\": {{\"exclude\": [{column:?}]}} in TABLES")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::bigquery_type::BigQueryType;

    #[test]
    fn each_error_names_the_option() {
        let (column, column_type) = (String::from("f"), String::from("float"));
        let cases = [
            (
                Error::UnknownColumn { option: "types", name: "x".into(), columns: vec!["a".into(), "b".into()] },
                "\"types\" names x, but the table has only a, b (check \"types\" in TABLES)",
            ),
            (
                Error::LeftOut(column.clone()),
                "\"types\" names f, which \"columns\" leaves out (check \"types\" in TABLES)",
            ),
            (Error::NoColumn, "no column is left: check \"columns\" in TABLES"),
            (
                Error::TooManyColumns { count: 10_001, most: 10_000 },
                "the table has 10001 columns, but BigQuery allows at most 10000: leave some out with \"columns\" in TABLES",
            ),
            (
                Error::SameName { first: "a b".into(), second: "a.b".into(), field: "a_b".into() },
                "columns a b and a.b would both be a_b in BigQuery: rename one, or leave one out with \"columns\": \
                 {\"exclude\": [\"a.b\"]} in TABLES",
            ),
            (
                Error::ReservedName { column: "_file_".into(), field: "_file_".into(), prefix: "_FILE_" },
                "column _file_ would be _file_ in BigQuery, which reserves names that start with _FILE_: leave it out with \
                 \"columns\": {\"exclude\": [\"_file_\"]} in TABLES, or read a view that renames it",
            ),
            (
                Error::UnknownType { column: column.clone(), column_type: "xml".into() },
                "column f is of type xml, which has no mapping: leave it out with \"columns\": {\"exclude\": [\"f\"]} in TABLES",
            ),
            (
                Error::ImpossibleType {
                    column,
                    column_type,
                    wanted: BigQueryType::Bool,
                    possible: vec![BigQueryType::Float64],
                },
                "column f is of type float, which cannot become BOOL: it can become FLOAT64 (check \"types\" in TABLES)",
            ),
        ];
        for (error, expected) in cases {
            assert_eq!(explain(&error), expected);
        }
    }

    #[test]
    fn each_value_that_does_not_fit_names_its_policy() {
        let does_not_fit = |why, shown: &str, fitting| RowProblem::DoesNotFit { why, what: shown.into(), fitting };
        let cases = [
            (
                does_not_fit(Unrepresentable::ZeroDate, "2020-00-00 is not a date", Some(BigQueryType::String)),
                "column c of the row with id 7: 2020-00-00 is not a date (ZERO_DATES=null would write NULL, \"types\": {\"c\": \
                 \"STRING\"} in TABLES would keep the value)",
            ),
            (
                does_not_fit(Unrepresentable::InvalidText, "0xff is not valid UTF-8", None),
                "column c of the row with id 7: 0xff is not valid UTF-8 (INVALID_VALUES=null would write NULL)",
            ),
            (
                RowProblem::Malformed { what: "a value of another length", shown: "0x00".into() },
                "column c of the row with id 7: MySQL sent a value of another length: 0x00 (was the table altered during the read?)",
            ),
            (
                RowProblem::TooLarge { value_bytes: 3, row_bytes: 5 },
                "column c of the row with id 7: its value of 3 bytes makes a row of 5 bytes, but BigQuery loads rows of at \
                 most 16000000 bytes (\"columns\" or \"where\" in TABLES can leave it out)",
            ),
            (
                RowProblem::UnexpectedNull,
                "column c of the row with id 7: the value is NULL, but the catalog says NOT NULL",
            ),
        ];
        for (problem, expected) in cases {
            let error = RowError { column: "c".into(), row: " of the row with id 7".into(), problem };
            assert_eq!(explain_row(&error), expected);
        }
    }
}

//! Hints for errors of BigQuery.

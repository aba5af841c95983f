//! Hints for errors of MySQL.

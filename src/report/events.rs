//! Every event that the program logs: name, level, fields, and meaning.
//!
//! Nothing else logs. The tables in docs/operations.md, terraform/tests/events.json and the tests' checks of log lines come
//! from these declarations. Every line also has `time`, `severity`, `message` and `target`.

use crate::report::event::{Event, Field, FieldValue, declare};

declare! {
    /// The configuration is invalid; exit code 2. The message lists every fault with an example. A retry does not help.
    ConfigurationInvalid = "configuration_invalid", error {}

    /// The run could not start, because MySQL or BigQuery could not be reached or refused access, or it did not stop in time;
    /// exit code 1. No table was changed, unless the message says that a signal ended the run.
    SyncFailed<'a> = "sync_failed", error {
        /// The reason, with all causes.
        error: &'a str,
    }

    /// The command `plan` could not reach MySQL or BigQuery.
    PlanFailed<'a> = "plan_failed", error {
        /// The reason, with all causes.
        error: &'a str,
    }

    /// The command `verify` could not reach MySQL or BigQuery.
    VerifyFailed<'a> = "verify_failed", error {
        /// The reason, with all causes.
        error: &'a str,
    }

    /// A task starts.
    SyncStarted<'a> = "sync_started", info {
        /// The Cloud Run execution, or a generated id.
        execution: &'a str,
        /// Which task of the execution this is, from 0.
        task_index: usize,
        /// How many tasks the execution has.
        task_count: usize,
        /// Which attempt of the task this is, from 0.
        attempt: usize,
        /// The database in MySQL.
        database: &'a str,
        /// The dataset in BigQuery.
        dataset: &'a str,
    }

    /// This task has no table; exit code 0. As a WARNING: no table matches `TABLES`.
    NoTables = "no_tables", info | warn {}

    /// A table is being read.
    TableStarted<'a> = "table_started", info {
        /// The source table.
        table: &'a str,
        /// The destination table.
        destination: &'a str,
        /// How many columns are copied.
        columns: usize,
        /// How many rows the source table has, as the storage engine estimates; absent if it does not say.
        estimated_rows: Option<u64>,
    }

    /// A table is still being read; logged every ten seconds.
    TableProgress<'a> = "table_progress", info {
        /// The source table.
        table: &'a str,
        /// Rows read so far.
        rows: u64,
        /// Rows read so far, in percent of the estimate; absent if there is no usable estimate.
        percent: Option<u64>,
        /// Rows read per second.
        rows_per_second: u64,
        /// Bytes of values read from MySQL.
        bytes_read: u64,
        /// Bytes that BigQuery has acknowledged.
        bytes_sent: u64,
        /// Seconds until the last row is read, if the estimate is right; absent if there is no usable estimate.
        eta_seconds: Option<u64>,
    }

    /// Tables whose rows are all sent wait for their load jobs; logged every ten seconds while there are any.
    TablesWaiting = "tables_waiting", info {
        /// How many tables wait.
        tables: usize,
    }

    /// A destination table was replaced.
    TableSynced<'a> = "table_synced", info {
        /// The source table.
        table: &'a str,
        /// The destination table.
        destination: &'a str,
        /// The load job.
        job_id: &'a str,
        /// Rows loaded.
        rows: u64,
        /// Rows of the destination table before; absent if the table is new.
        previous_rows: Option<u64>,
        /// Bytes of values read from MySQL.
        bytes_read: u64,
        /// Bytes that BigQuery has acknowledged.
        bytes_sent: u64,
        /// How long the table or the run took.
        milliseconds: u64,
        /// Rows read per second.
        rows_per_second: u64,
        /// How long the snapshot was open in MySQL.
        snapshot_milliseconds: u64,
        /// How many connections read the table.
        connections: usize,
        /// How many values were nulled.
        values_to_null: u64,
        /// The columns with nulled values and how many each has: a JSON object in a string; absent if no value was nulled.
        columns_to_null: Option<&'a str>,
    }

    /// An earlier attempt of the same execution, or an upload whose answer was lost, has already loaded the table.
    TableSkipped<'a> = "table_skipped", info {
        /// The source table.
        table: &'a str,
        /// The destination table.
        destination: &'a str,
        /// The load job.
        job_id: &'a str,
        /// Rows loaded.
        rows: u64,
    }

    /// A table failed; the others went on. The destination table still has the rows of the last successful run, unless the
    /// message says otherwise.
    TableFailed<'a> = "table_failed", error {
        /// The source table.
        table: &'a str,
        /// The reason, with all causes.
        error: &'a str,
        /// Rows read so far.
        rows: u64,
        /// Bytes of values read from MySQL.
        bytes_read: u64,
        /// Bytes that BigQuery has acknowledged.
        bytes_sent: u64,
        /// How long the table or the run took.
        milliseconds: u64,
    }

    /// A task ends. The message names every table, failed ones first. As an ERROR: at least one table failed.
    SyncFinished = "sync_finished", info | error {
        /// How many tables were replaced.
        synced: usize,
        /// How many tables were already loaded.
        skipped: usize,
        /// How many tables failed.
        failed: usize,
        /// Rows of all tables.
        rows: u64,
        /// Bytes of values read from MySQL.
        bytes_read: u64,
        /// Bytes that BigQuery has acknowledged.
        bytes_sent: u64,
        /// How long the table or the run took.
        milliseconds: u64,
    }

    /// A table is read again from its start, in a new snapshot, at most twice: the connection to MySQL or the upload session
    /// was lost, or BigQuery could not finish the load job.
    TableRestarted<'a> = "table_restarted", warn {
        /// The source table.
        table: &'a str,
        /// How often the table was restarted so far, this time included.
        restarts: u32,
    }

    /// This run changes the columns of a destination table; the message says how. Tell the users of the table.
    SchemaDrift<'a> = "schema_drift", warn {
        /// The source table.
        table: &'a str,
        /// The destination table.
        destination: &'a str,
        /// How many columns are new.
        added: usize,
        /// How many columns are gone.
        dropped: usize,
        /// How many columns have another type.
        retyped: usize,
        /// How many columns have another name.
        renamed: usize,
    }

    /// BigQuery deletes rows of the table, or the table, because of an expiration of the table or a default of the dataset. The message
    /// says which. Logged once per run.
    RowsExpire<'a> = "rows_expire", warn {
        /// The source table.
        table: &'a str,
        /// The destination table.
        destination: &'a str,
    }

    /// The rows are loaded, but labels, descriptions or keys could not be set after the load job. The next run sets them.
    PropertiesNotSet<'a> = "properties_not_set", warn {
        /// The source table.
        table: &'a str,
    }

    /// Columns lack protections, such as policy tags, that the load job was sent, so people may read values that they should not.
    /// The message says which ones, and whether they are set again. If they are not, restrict access to the table.
    ProtectionsMissing<'a> = "protections_missing", error {
        /// The source table.
        table: &'a str,
        /// The destination table.
        destination: &'a str,
    }

    /// The connection that holds the locks of a task's tables broke. A table whose last chunk was not sent yet restarts. A load
    /// job that already runs is not affected, but another execution may now copy the same table.
    LockLost = "lock_lost", warn {}

    /// A request failed and is retried. The first failure for a reason is a WARNING, repetitions are DEBUG. Harmless unless an
    /// error with a number of tries follows.
    Retry = "retry", warn | debug {
        /// How often the request was sent.
        tries: u32,
    }

    /// A request succeeded after retries.
    Retried = "retried", info {
        /// How often the request was sent.
        tries: u32,
    }

    /// The run received a signal, such as SIGTERM, and stops. Tables that are not loaded yet stay as they were.
    Stopping<'a> = "stopping", warn {
        /// The name of the signal.
        signal: &'a str,
    }

    /// A table is read over several connections that share one snapshot. Writes to the table were blocked while the snapshots
    /// were opened.
    SnapshotsShared<'a> = "snapshots_shared", info {
        /// The source table.
        table: &'a str,
        /// How many connections read the table.
        connections: usize,
        /// How long writes to the table were blocked.
        locked_microseconds: u64,
    }

    /// A table is read over several connections, each with its own snapshot: because of `SNAPSHOT`, or, as a WARNING, because
    /// the user lacks the privilege `LOCK TABLES`.
    SnapshotsDiffer<'a> = "snapshots_differ", info | warn {
        /// The source table.
        table: &'a str,
        /// How many connections read the table.
        connections: usize,
    }

    /// A table is read over one connection instead of several, because other sessions did not release it in time.
    TableNotDivided<'a> = "table_not_divided", warn {
        /// The source table.
        table: &'a str,
    }

    /// The connection to MySQL is not encrypted and leaves this machine: `MYSQL_SSL_MODE` is DISABLED, or it is PREFERRED and
    /// the server has no TLS.
    Unencrypted = "unencrypted", warn {}

    /// The server has no `GET_LOCK`, so overlapping executions are not detected.
    NoLocks = "no_locks", warn {}

    /// MariaDB shows which columns are JSON only to a user with SELECT on the whole table. This user lacks it, so JSON columns
    /// become STRING.
    JsonUnknown<'a> = "json_unknown", warn {
        /// The source table.
        table: &'a str,
    }

    /// A column is not copied, because it is new and `NEW_COLUMNS` is `hold`; logged in each run until an option of the table names
    /// the column.
    ColumnHeld<'a> = "column_held", warn {
        /// The source table.
        table: &'a str,
        /// The destination table.
        destination: &'a str,
        /// The column in MySQL.
        column: &'a str,
    }

    /// A pattern of `MASK` matches no column of the database. Is it misspelled?
    MaskUnused<'a> = "mask_unused", warn {
        /// The pattern.
        pattern: &'a str,
    }

    /// Core dumps could not be turned off. The run goes on; a core dump would contain the password.
    CoreDumps = "core_dumps", warn {}

    /// Signals cannot be handled here, so SIGTERM does not stop the run cleanly.
    NoSignals = "no_signals", warn {}

    /// A bug in the program. Please report the line.
    Panic<'a> = "panic", error {
        /// File and line of the source code.
        place: &'a str,
    }
}

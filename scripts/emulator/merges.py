"""Repairs MERGE inside BEGIN TRANSACTION: the emulator sends a second BEGIN, and the engine then aborts the transaction.

Page "Multi-statement transactions" (transactions): a transaction may contain any DML, including MERGE.
"""

import duckdb
from local_bigquery.jobs import merge


class Joining:
    """A cursor in a transaction. It refuses BEGIN itself, so that the engine does not abort the transaction."""

    def __init__(self, cursor):
        self.cursor = cursor

    def __getattr__(self, name):
        return getattr(self.cursor, name)

    def execute(self, sql, *rest):
        if sql == "BEGIN":
            raise duckdb.TransactionException("already in a transaction")
        return self.cursor.execute(sql, *rest)


def in_transaction(cursor) -> bool:
    """Whether the cursor is in a transaction: only then do two statements have the same now()."""
    first, second = (cursor.execute("SELECT epoch_us(now())").fetchone() for _ in range(2))
    return first == second


def repair():
    published = merge.run

    def run(cursor, tree, context):
        return published(Joining(cursor) if in_transaction(cursor) else cursor, tree, context)

    merge.run = run

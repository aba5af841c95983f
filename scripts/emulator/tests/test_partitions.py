"""Loads into one partition of a table."""

import datetime
import unittest

from emulator.tests.real import DAY, ID, NAME, REPLACE, Case, Dataset


class Partitions(Case):
    def rows(self):
        return sorted(map(tuple, self.d.query("SELECT id, CAST(day AS STRING) FROM t")))

    def load_days(self, rows, table, **load):
        return self.d.load([ID, DAY], [[at, datetime.date.fromisoformat(day)] for at, day in rows], table, **load)

    def test_only_that_day_is_replaced(self):
        self.d.create([ID, DAY], timePartitioning={"type": "DAY", "field": "day"}, description="x")
        self.assertIsNone(self.load_days([(1, "2026-01-01"), (2, "2026-01-02"), (3, "2026-01-02")], "t"))
        self.assertIsNone(self.load_days([(9, "2026-01-02")], "t$20260102", **REPLACE))
        self.assertEqual(self.rows(), [("1", "2026-01-01"), ("9", "2026-01-02")])
        self.assertIsNone(self.load_days([(5, "2026-01-02")], "t$20260102"))
        self.assertEqual(len(self.rows()), 3)
        error = self.load_days([(9, "2026-01-02"), (8, "2026-01-03")], "t$20260102", **REPLACE)
        self.assert_job_error(error, "invalid", "Some rows belong to different partitions rather than destination partition")
        self.assertEqual(len(self.rows()), 3)
        self.assertIsNone(self.load_days([], "t$20260102", **REPLACE))
        self.assertEqual((self.rows(), self.d.get()["description"]), ([("1", "2026-01-01")], "x"))
        for decorator in ("202601", "20260145", "x"):
            error = self.load_days([], f"t${decorator}", **REPLACE)
            self.assert_job_error(error, "invalid", "a partition by DAY has 8 digits")

    def test_months_and_years(self):
        for kind, decorator in (("MONTH", "202602"), ("YEAR", "2026")):
            with self.subTest(kind):
                self.d = Dataset()
                self.d.create([ID, DAY], timePartitioning={"type": kind, "field": "day"})
                self.assertIsNone(self.load_days([(1, "2026-02-01"), (2, "2026-02-28"), (3, "2027-02-01")], "t"))
                self.assertIsNone(self.load_days([(9, "2026-02-05")], f"t${decorator}", **REPLACE))
                self.assertEqual(self.rows(), [("3", "2027-02-01"), ("9", "2026-02-05")])

    def test_hours_of_timestamps_and_datetimes(self):
        for kind, zone in (("TIMESTAMP", datetime.UTC), ("DATETIME", None)):
            with self.subTest(kind):
                self.d = Dataset()
                fields = [ID, {"name": "at", "type": kind, "mode": "NULLABLE"}]
                self.d.create(fields, timePartitioning={"type": "HOUR", "field": "at"})
                times = [datetime.datetime(2026, 1, 2, hour, 30, tzinfo=zone) for hour in (3, 4)]
                self.assertIsNone(self.d.load(fields, [[1, times[0]], [2, times[1]]]))
                self.assertIsNone(self.d.load(fields, [[9, times[0]]], "t$2026010203", **REPLACE))
                self.assertEqual(self.d.query("SELECT id FROM t ORDER BY id"), [["2"], ["9"]])
                self.assert_job_error(self.d.load(fields, [[9, times[1]]], "t$2026010203", **REPLACE), "invalid", "different partitions")

    def test_ranges_of_integers(self):
        bounds = {"start": "0", "end": "100", "interval": "30"}
        self.d.create([ID, NAME], rangePartitioning={"field": "id", "range": bounds})
        self.assertIsNone(self.d.load([ID, NAME], [[at, "old"] for at in (0, 29, 30, 95)]))
        self.assertIsNone(self.d.load([ID, NAME], [[5, "new"]], "t$0", **REPLACE))
        self.assertIsNone(self.d.load([ID, NAME], [[99, "new"]], "t$90", **REPLACE))
        self.assertEqual(self.d.query("SELECT id FROM t ORDER BY id"), [["5"], ["30"], ["99"]])
        self.assert_job_error(self.d.load([ID, NAME], [], "t$45", **REPLACE), "invalid", "partitions start at 0, every 30")

    def test_a_load_may_add_columns_if_the_job_allows_it(self):
        self.d.create([ID, DAY], timePartitioning={"type": "DAY", "field": "day"})
        row = [[1, datetime.date(2026, 1, 2), "a"]]
        self.assert_job_error(self.d.load([ID, DAY, NAME], row, "t$20260102", **REPLACE), "invalid", "Cannot add fields")
        options = {"schemaUpdateOptions": ["ALLOW_FIELD_ADDITION"]}
        self.assertIsNone(self.d.load([ID, DAY, NAME], row, "t$20260102", **REPLACE, **options))
        self.assertEqual(self.d.query("SELECT name FROM t"), [["a"]])

    def test_a_missing_table_is_created(self):
        layout = {"timePartitioning": {"type": "DAY", "field": "day"}}
        self.assert_job_error(self.load_days([], "t$20260102", **REPLACE), "notFound", "Not found: Table")
        self.assertIsNone(self.load_days([(1, "2026-01-02")], "t$20260102", **REPLACE, **layout))
        self.assertEqual((self.rows(), self.d.get()["timePartitioning"]), ([("1", "2026-01-02")], layout["timePartitioning"]))

    def test_a_table_without_partitions_has_no_decorators(self):
        self.d.create([ID, DAY])
        self.assert_job_error(self.load_days([], "t$20260102", **REPLACE), "invalid", "not partitioned by a column")


if __name__ == "__main__":
    unittest.main()

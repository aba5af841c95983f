"""MERGE in a transaction and alone."""

import unittest

from emulator.tests.real import ID, NAME, Case


class Transactions(Case):
    MERGE = "MERGE t USING (SELECT 1 AS id, 'new' AS name UNION ALL SELECT 2, 'two') s ON t.id = s.id "
    MERGE += "WHEN MATCHED THEN UPDATE SET name = s.name WHEN NOT MATCHED THEN INSERT (id, name) VALUES (s.id, s.name)"

    def setUp(self):
        super().setUp()
        self.d.create([ID, NAME])
        self.d.query("INSERT INTO t VALUES (1, 'one')")

    def test_a_merge_in_a_transaction(self):
        self.d.query(f"BEGIN TRANSACTION; {self.MERGE}; INSERT INTO t VALUES (3, 'three'); COMMIT TRANSACTION;")
        self.assertEqual(self.d.query("SELECT id, name FROM t ORDER BY id"), [["1", "new"], ["2", "two"], ["3", "three"]])

    def test_a_merge_that_is_rolled_back(self):
        self.d.query(f"BEGIN TRANSACTION; {self.MERGE}; ROLLBACK TRANSACTION;")
        self.assertEqual(self.d.query("SELECT id, name FROM t"), [["1", "one"]])

    def test_a_merge_alone(self):
        self.d.query(self.MERGE)
        self.assertEqual(len(self.d.query("SELECT id FROM t")), 2)


if __name__ == "__main__":
    unittest.main()

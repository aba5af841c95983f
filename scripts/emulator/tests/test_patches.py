"""Table properties that BigQuery refuses."""

import unittest

from emulator.tests.real import ID, NAME, REPLACE, Case


class Patches(Case):
    def setUp(self):
        super().setUp()
        self.d.create([ID, NAME])

    def foreign(self, table="other", column="id"):
        reference = {"projectId": "local", "datasetId": self.d.name, "tableId": table}
        references = [{"referencingColumn": "id", "referencedColumn": column}]
        return {"tableConstraints": {"foreignKeys": [{"name": "f", "referencedTable": reference, "columnReferences": references}]}}

    def test_a_foreign_key_refers_to_a_primary_key(self):
        self.assert_error(self.d.patch(self.foreign()), 400, "invalid", "which was not found")
        self.d.create([ID, NAME], "other")
        self.assert_error(self.d.patch(self.foreign()), 400, "invalid", "that are not its primary key")
        key = {"tableConstraints": {"primaryKey": {"columns": ["id"]}}}
        self.assertEqual(self.d.patch(key, "other").status, 200)
        self.assert_error(self.d.patch(self.foreign(column="name")), 400, "invalid", "that are not its primary key")
        self.assertEqual(self.d.patch(self.foreign()).status, 200)
        # A load that replaces the other table drops its key.
        self.assertIsNone(self.d.load([ID, NAME], [[1, "a"]], "other", **REPLACE))
        self.assert_error(self.d.patch(self.foreign()), 400, "invalid", "that are not its primary key")

    def test_a_key_has_existing_columns(self):
        self.assert_error(
            self.d.patch({"tableConstraints": {"primaryKey": {"columns": ["no"]}}}), 400, "invalid", "column no was not found"
        )

    def test_no_more_than_64_labels(self):
        self.assertEqual(self.d.patch({"labels": {f"l{at}": "" for at in range(64)}}).status, 200)
        self.assert_error(self.d.patch({"labels": {"another": ""}, "description": "x"}), 400, "invalid", "more than 64 labels")
        self.assertNotIn("description", self.d.get(), "a refused patch changes nothing")
        self.assertEqual(self.d.patch({"labels": {"another": "", "l1": None}}).status, 200)

    def test_an_expiration_must_be_in_the_future(self):
        self.assert_error(self.d.patch({"expirationTime": "1000000000000"}), 400, "invalid", "is in the past")
        self.assertEqual(self.d.patch({"expirationTime": "4000000000000"}).status, 200)

    def test_a_rule_refuses_a_patch(self):
        self.d.rules(refuse_patches_of=["tableConstraints.primaryKey"])
        key = {"tableConstraints": {"primaryKey": {"columns": ["id"]}}}
        self.assert_error(self.d.patch({**key, "description": "x"}), 400, "invalid", "tableConstraints.primaryKey")
        self.assertEqual(self.d.patch({"description": "x"}).status, 200)
        self.assertEqual(self.d.ask("PATCH", self.d.path(), key, headers={"content-type": "application/json"}).status, 200)


if __name__ == "__main__":
    unittest.main()

"""What replacing a table, or only its rows, preserves."""

import datetime
import unittest

from emulator.tests.real import DAY, ID, NAME, REPLACE, REPLACE_DATA, TAGS, Case


class Replacing(Case):
    def setUp(self):
        super().setUp()
        described = [{**ID, "description": "key"}, {**NAME, "description": "by hand", **TAGS}]
        encryption = {"kmsKeyName": "projects/p/locations/eu/keyRings/r/cryptoKeys/k"}
        self.d.create(described, description="table", labels={"a": "b"}, encryptionConfiguration=encryption)
        self.assertEqual(self.d.patch({"tableConstraints": {"primaryKey": {"columns": ["id"]}}}).status, 200)
        self.policy()

    def field(self, name="name"):
        return next(field for field in self.d.get()["schema"]["fields"] if field["name"] == name)

    def test_replacing_a_table_drops_settings_that_the_job_omits(self):
        self.assertIsNone(self.d.load([ID, {**NAME, "description": "new"}], [[1, "a"]], **REPLACE))
        table = self.d.get()
        self.assertEqual(self.d.policies().json, {"rowAccessPolicies": []})
        self.assertNotIn("tableConstraints", table)
        self.assertNotIn("encryptionConfiguration", table)
        self.assertEqual((table["description"], table["labels"]), ("table", {"a": "b"}))
        self.assertEqual(self.field(), {**NAME, "description": "new"})
        self.assertEqual(self.field("id"), ID, "REQUIRED stays REQUIRED")

    def test_replacing_a_table_changes_its_columns(self):
        other = {"name": "other", "type": "DATE", "mode": "NULLABLE"}
        self.assertIsNone(self.d.load([{"name": "id", "type": "STRING"}, other], [["x", None]], **REPLACE))
        self.assertEqual(self.d.get()["schema"]["fields"], [{"name": "id", "type": "STRING", "mode": "NULLABLE"}, other])

    def test_a_required_column_refuses_null(self):
        error = self.d.load([ID], [[None]], **REPLACE)
        self.assert_job_error(error, "invalid", "Required field id cannot be null")
        self.assertEqual(len(self.d.get()["schema"]["fields"]), 2)

    def test_replacing_the_rows_preserves_the_rest(self):
        self.d.query("INSERT INTO t VALUES (7, 'old')")
        self.assertIsNone(self.d.load([ID, {**NAME, "description": "new"}], [[1, "a"]], **REPLACE_DATA))
        table = self.d.get()
        self.assertEqual(self.d.query("SELECT id, name FROM t"), [["1", "a"]])
        self.assertEqual(table["numRows"], "1")
        self.assertEqual(len(self.d.policies().json["rowAccessPolicies"]), 1)
        self.assertEqual(table["tableConstraints"], {"primaryKey": {"columns": ["id"]}})
        self.assertIn("encryptionConfiguration", table)
        self.assertEqual(self.field(), {**NAME, "description": "by hand", **TAGS})

    def test_replacing_the_rows_fails_if_columns_differ(self):
        self.d.query("INSERT INTO t VALUES (7, 'old')")
        for part, fields in (
            ("Field name is missing in new schema", [ID]),
            ("Field name has changed type from STRING to INTEGER", [ID, {**NAME, "type": "INTEGER"}]),
            ("Cannot add fields (field: day)", [ID, NAME, DAY]),
            ("Field id has changed mode from REQUIRED to NULLABLE", [{**ID, "mode": "NULLABLE"}, NAME]),
            ("Field name has changed mode from NULLABLE to REQUIRED", [ID, {**NAME, "mode": "REQUIRED"}]),
        ):
            with self.subTest(part):
                self.assert_job_error(self.d.load(fields, [], **REPLACE_DATA), "invalid", part)
        self.assertEqual(self.d.query("SELECT id FROM t"), [["7"]])

    def test_replacing_the_rows_may_add_and_relax_columns(self):
        fields = [{**ID, "mode": "NULLABLE"}, NAME, {**DAY, "description": "new"}]
        options = {"schemaUpdateOptions": ["ALLOW_FIELD_ADDITION", "ALLOW_FIELD_RELAXATION"]}
        self.assertIsNone(self.d.load(fields, [[None, "a", datetime.date(2026, 1, 2)]], **REPLACE_DATA, **options))
        self.assertEqual(self.d.query("SELECT id, name, day FROM t"), [[None, "a", "2026-01-02"]])
        self.assertEqual(self.field("id"), {**ID, "mode": "NULLABLE", "description": "key"})
        self.assertEqual(self.field("day"), {**DAY, "description": "new"})
        self.assertEqual(self.field()["policyTags"], TAGS["policyTags"])
        required = [{**ID, "mode": "NULLABLE"}, NAME, DAY, {"name": "n", "type": "STRING", "mode": "REQUIRED"}]
        self.assert_job_error(self.d.load(required, [], **REPLACE_DATA, **options), "invalid", "Cannot add required fields")

    def test_a_column_created_by_a_load_may_be_relaxed(self):
        self.assertIsNone(self.d.load([ID, NAME], [[1, "a"]], "made", **REPLACE))
        relaxed = [{**ID, "mode": "NULLABLE"}, NAME]
        self.assert_job_error(self.d.load(relaxed, [[2, "b"]], "made", **REPLACE_DATA), "invalid", "from REQUIRED to NULLABLE")
        options = {"schemaUpdateOptions": ["ALLOW_FIELD_RELAXATION"]}
        self.assertIsNone(self.d.load(relaxed, [[None, "b"]], "made", **REPLACE_DATA, **options))
        self.assertEqual(self.d.get("made")["schema"]["fields"], relaxed)

    def test_replacing_a_table_refuses_schema_update_options(self):
        error = self.d.load([ID, NAME], [], **REPLACE, schemaUpdateOptions=["ALLOW_FIELD_ADDITION"])
        self.assert_job_error(error, "invalid", "Schema update options should only be specified with")

    def test_another_partitioning_or_clustering_fails(self):
        error = self.d.load([ID, DAY], [], **REPLACE, timePartitioning={"type": "DAY", "field": "day"})
        self.assert_job_error(error, "invalid", "Incompatible table partitioning specification")
        error = self.d.load([ID, NAME], [], **REPLACE, clustering={"fields": ["id"]})
        self.assert_job_error(error, "invalid", "Incompatible table clustering specification")


if __name__ == "__main__":
    unittest.main()

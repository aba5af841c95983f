"""Rules of a test, and the permissions that they grant."""

import unittest

from emulator.tests.asgi import ask
from emulator.tests.real import BASE, ID, NAME, REPLACE, REPLACE_DATA, TAGS, Case, Dataset, emulator

EDITOR = ["roles/bigquery.dataEditor", "roles/bigquery.jobUser"]
SETTING_TAGS = ["bigquery.tables.setCategory", "datacatalog.taxonomies.get"]


class RulesOfTests(Case):
    def test_rules_apply_to_one_dataset_until_deleted(self):
        other = Dataset()
        self.d.create([ID])
        other.create([ID])
        self.d.rules(roles=[])
        self.assertEqual((self.d.ask("GET", self.d.path()).status, other.ask("GET", other.path()).status), (403, 200))
        self.assertEqual(self.d.ask("GET", self.d.path(), headers={}).status, 200, "a test may do everything")
        self.assertEqual(ask(emulator(), "GET", f"/_test/rules/local/{self.d.name}").json, {"roles": []})
        ask(emulator(), "DELETE", f"/_test/rules/local/{self.d.name}")
        self.assertEqual(self.d.ask("GET", self.d.path()).status, 200)

    def test_rules_of_a_project(self):
        query = {"configuration": {"dryRun": True, "query": {"query": "SELECT 1", "useLegacySql": False}}}
        self.assertEqual(self.d.ask("POST", "/bigquery/v2/projects/own/jobs", query).status, 200)
        ask(emulator(), "PUT", "/_test/rules/own", {"roles": ["roles/bigquery.dataEditor"]})
        self.assert_error(self.d.ask("POST", "/bigquery/v2/projects/own/jobs", query), 403, "accessDenied", "bigquery.jobs.create")
        self.assertEqual(self.d.ask("POST", f"{BASE}/jobs", query).status, 200)

    def test_an_unknown_rule_is_refused(self):
        for body in ({"role": []}, {"roles": ["roles/bigquery.emperor"]}):
            answer = ask(emulator(), "PUT", f"/_test/rules/local/{self.d.name}", body)
            self.assert_error(answer, 400, "invalid", "valid: permissions, ")
        self.assertEqual(ask(emulator(), "GET", "/_test/what").status, 404)

    def test_checked_requests_are_counted(self):
        before = ask(emulator(), "GET", "/_test/contract").json.get("bigquery.datasets.get", 0)
        self.d.ask("GET", f"{BASE}/datasets/{self.d.name}")
        self.assertEqual(ask(emulator(), "GET", "/_test/contract").json["bigquery.datasets.get"], before + 1)


class Permissions(Case):
    def test_an_editor_may_not_list_row_access_policies(self):
        self.d.create([ID])
        self.d.rules(roles=EDITOR)
        self.assert_error(self.d.policies(), 403, "accessDenied", "Permission bigquery.rowAccessPolicies.list denied on table")
        self.d.rules(roles=EDITOR, permissions=["bigquery.rowAccessPolicies.list"])
        self.assertEqual(self.d.policies().status, 200)
        self.d.rules(roles=["roles/bigquery.dataOwner", "roles/bigquery.jobUser"])
        self.assertEqual(self.d.policies().status, 200)

    def test_policies_of_a_missing_table(self):
        self.assertEqual(self.d.policies("missing").status, 404)
        self.d.rules(roles=EDITOR)
        self.assertEqual(self.d.policies("missing").status, 403)

    def test_an_editor_may_load_and_patch(self):
        self.d.rules(roles=EDITOR)
        for _ in range(2):
            self.assertIsNone(self.d.load([ID], [[1]], **REPLACE))
        self.assertEqual(self.d.patch({"description": "x"}).status, 200)
        self.assertEqual(self.d.query("SELECT id FROM t"), [["1"]])

    def test_a_load_needs_its_permissions_when_the_job_starts(self):
        self.d.rules(roles=["roles/bigquery.dataEditor"])
        self.assert_error(self.d.upload([ID], [[1]]), 403, "accessDenied", "does not have bigquery.jobs.create permission in project local")
        self.d.rules(roles=["roles/bigquery.dataViewer", "roles/bigquery.jobUser"])
        self.assert_error(self.d.upload([ID], [[1]]), 403, "accessDenied", "bigquery.tables.updateData denied on table")
        self.d.rules(roles=["roles/bigquery.jobUser"], permissions=["bigquery.tables.updateData"])
        self.assert_error(self.d.upload([ID], [[1]]), 403, "accessDenied", "bigquery.tables.create denied")
        self.d.create([ID])
        self.assertIsNone(self.d.load([ID], [[1]]))
        self.assert_error(self.d.upload([ID], [[1]], **REPLACE), 403, "accessDenied", "bigquery.tables.update denied")

    def test_a_query_needs_its_permissions(self):
        self.d.create([ID])
        self.d.rules(roles=["roles/bigquery.jobUser"])
        for sql, permission in (
            (f"CREATE TABLE `local.{self.d.name}.u` (x INT64)", "bigquery.tables.create"),
            (f"SELECT * FROM {self.d.name}.t", "bigquery.tables.getData"),
            (f"DELETE FROM {self.d.name}.t WHERE TRUE", "bigquery.tables.updateData"),
        ):
            body = {"configuration": {"dryRun": True, "query": {"query": sql, "useLegacySql": False}}}
            self.assert_error(self.d.ask("POST", f"{BASE}/jobs", body), 403, "accessDenied", permission)
            self.d.rules(roles=EDITOR)
            self.assertEqual(self.d.ask("POST", f"{BASE}/jobs", body).status, 200)
            self.d.rules(roles=["roles/bigquery.jobUser"])

    def test_policy_tags_need_more_than_an_editor_has(self):
        tagged = [ID, {**NAME, **TAGS}]
        self.d.create(tagged)
        self.d.rules(roles=EDITOR)
        misleading = f"Not found: Table local:{self.d.name}.t was not found in location US"
        for disposition in (REPLACE, REPLACE_DATA):
            self.assert_job_error(self.d.load(tagged, [[1, "a"]], **disposition), "notFound", misleading)
        self.assert_error(self.d.patch({"schema": {"fields": tagged}}), 403, "accessDenied", "bigquery.tables.setCategory")
        self.assertIsNone(self.d.load([ID, NAME], [[1, "a"]], **REPLACE_DATA))
        self.assertEqual(self.d.get()["schema"]["fields"][1]["policyTags"], TAGS["policyTags"])
        self.d.rules(roles=EDITOR, permissions=SETTING_TAGS[:1])
        self.assert_job_error(self.d.load(tagged, [[1, "a"]], **REPLACE), "notFound", misleading)
        self.d.rules(roles=EDITOR, permissions=SETTING_TAGS)
        self.assertIsNone(self.d.load(tagged, [[1, "a"]], **REPLACE))

    def test_data_policies_need_more_than_an_editor_has(self):
        masked = [ID, {**NAME, "dataPolicies": [{"name": "projects/p/locations/eu/dataPolicies/x"}]}]
        self.d.rules(roles=EDITOR)
        self.assert_job_error(self.d.load(masked, [[1, "a"]], **REPLACE), "notFound", "was not found in location US")
        self.d.rules(roles=["roles/bigquery.dataOwner", "roles/bigquery.jobUser"])
        self.assertIsNone(self.d.load(masked, [[1, "a"]], **REPLACE))

    def test_testing_permissions_returns_only_granted_ones(self):
        wanted = ["bigquery.tables.get", "bigquery.rowAccessPolicies.list"]

        def granted(table):
            answer = self.d.ask("POST", f"{self.d.path(table)}:testIamPermissions", {"permissions": wanted})
            self.assertEqual(answer.status, 200)
            return answer.json

        self.d.create([ID])
        self.assertEqual(granted("t"), {"permissions": wanted})
        self.assertEqual(granted("missing"), {})
        self.d.rules(roles=EDITOR)
        self.assertEqual(granted("t"), {"permissions": wanted[:1]})
        self.assertEqual(granted("missing"), {})
        self.d.rules(roles=[])
        self.assertEqual(granted("t"), {})


if __name__ == "__main__":
    unittest.main()

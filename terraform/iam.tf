# Service accounts and roles. Each grant gives one account one role, on the narrowest resource that supports it.

locals {
  account_prefix        = coalesce(var.service_account_prefix, var.name)
  service_account_email = var.service_account_email == null ? google_service_account.run[0].email : var.service_account_email
  run_member            = "serviceAccount:${local.service_account_email}"

  # project:region:instance; the id of a domain-scoped project contains a colon too.
  cloud_sql_parts   = var.cloud_sql_instance == null ? [] : split(":", var.cloud_sql_instance)
  cloud_sql_project = var.cloud_sql_instance == null ? null : join(":", slice(local.cloud_sql_parts, 0, length(local.cloud_sql_parts) - 2))
}

# The account that the job runs as.

resource "google_service_account" "run" {
  count = var.service_account_email == null ? 1 : 0

  project      = var.project_id
  account_id   = "${local.account_prefix}-run"
  display_name = "${var.name}: runs the job"
  description  = "Reads MySQL, loads into BigQuery."

  lifecycle {
    precondition {
      condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", "${local.account_prefix}-run"))
      error_message = "The account ${local.account_prefix}-run would have ${length(local.account_prefix) + 4} characters; Google allows 6 to 30. Set service_account_prefix, or service_account_email for an existing account."
    }
  }

  depends_on = [time_sleep.apis]
}

# Load jobs run in the project …
resource "google_project_iam_member" "bigquery_job_user" {
  project = local.bigquery_project
  role    = "roles/bigquery.jobUser"
  member  = local.run_member
}

# … and write to this one dataset.
resource "google_bigquery_dataset_iam_member" "data_editor" {
  project    = local.bigquery_project
  dataset_id = var.create_dataset ? google_bigquery_dataset.destination[0].dataset_id : var.bigquery_dataset
  role       = "roles/bigquery.dataEditor"
  member     = local.run_member
}

# What dataEditor lacks for tables that somebody governs. It may remove row access policies by replacing a table, and may not list them: without
# the first permission the job treats every table as if it had some, replaces rows only, and fails a table whose columns changed. Without the second,
# a changed column or comment fails a table with policy tags, because its schema is sent with them.
# Source: "IAM roles and permissions", "Introduction to row-level security" and "Column-level access control", BigQuery.

resource "google_project_iam_custom_role" "governed_tables" {
  count = var.governed_tables_role == null ? 1 : 0

  project     = local.bigquery_project
  role_id     = "${replace(var.name, "-", "_")}_governed_tables"
  title       = "${var.name}: tables with policies"
  description = "Lists row access policies and keeps policy tags: what roles/bigquery.dataEditor lacks."
  permissions = ["bigquery.rowAccessPolicies.list", "bigquery.tables.setCategory"]

  depends_on = [time_sleep.apis]
}

resource "google_bigquery_dataset_iam_member" "governed_tables" {
  project    = local.bigquery_project
  dataset_id = google_bigquery_dataset_iam_member.data_editor.dataset_id
  role       = var.governed_tables_role == null ? google_project_iam_custom_role.governed_tables[0].name : var.governed_tables_role
  member     = local.run_member
}

# Sending a policy tag takes datacatalog.taxonomies.get on its taxonomy, which belongs to another team as often as not.
resource "google_data_catalog_taxonomy_iam_member" "run" {
  for_each = var.taxonomies

  taxonomy = each.value
  role     = "roles/datacatalog.viewer"
  member   = local.run_member

  depends_on = [time_sleep.apis]
}

resource "google_secret_manager_secret_iam_member" "run" {
  for_each = local.secrets

  # A secret of another project is given by its whole path, which has the project in it.
  project   = startswith(each.value.secret, "projects/") ? null : var.project_id
  secret_id = each.value.secret
  role      = "roles/secretmanager.secretAccessor"
  member    = local.run_member
}

# The socket needs cloudsql.client, the login without a password cloudsql.instanceUser. A connection by address needs no role. Both exist on projects
# only; the condition narrows them to the one instance.
resource "google_project_iam_member" "cloud_sql" {
  for_each = toset(concat(
    local.socket ? ["roles/cloudsql.client"] : [],
    var.mysql_iam_auth ? ["roles/cloudsql.instanceUser"] : [],
  ))

  project = local.cloud_sql_project
  role    = each.value
  member  = local.run_member

  condition {
    title      = "${var.name}-instance-only"
    expression = "resource.type == 'sqladmin.googleapis.com/Instance' && resource.name == 'projects/${local.cloud_sql_project}/instances/${element(local.cloud_sql_parts, length(local.cloud_sql_parts) - 1)}'"
  }
}

# A grant takes effect after about a minute, sometimes several ("Access change propagation", IAM). Cloud Run checks at the job's creation that
# the account may read the secret, and leaves a broken job behind if it may not. Waits once, and again when another account or secret is used.
resource "time_sleep" "grants" {
  create_duration = "60s"
  triggers = {
    account = local.service_account_email
    secrets = join(" ", values(local.secrets)[*].secret)
  }

  depends_on = [
    google_bigquery_dataset_iam_member.data_editor,
    google_bigquery_dataset_iam_member.governed_tables,
    google_data_catalog_taxonomy_iam_member.run,
    google_project_iam_member.bigquery_job_user,
    google_project_iam_member.cloud_sql,
    google_secret_manager_secret_iam_member.run,
  ]
}

# The account that Cloud Scheduler starts the job with, and people who start it by hand.

resource "google_service_account" "scheduler" {
  count = length(var.schedules) > 0 ? 1 : 0

  project      = var.project_id
  account_id   = "${local.account_prefix}-cron"
  display_name = "${var.name}: starts the job on schedule"
  description  = "May start this job and nothing else."

  lifecycle {
    precondition {
      condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", "${local.account_prefix}-cron"))
      error_message = "The account ${local.account_prefix}-cron would have ${length(local.account_prefix) + 5} characters; Google allows 6 to 30. Set service_account_prefix."
    }
  }

  depends_on = [time_sleep.apis]
}

resource "google_cloud_run_v2_job_iam_member" "scheduler" {
  count = length(var.schedules) > 0 ? 1 : 0

  project  = var.project_id
  location = var.region
  name     = google_cloud_run_v2_job.sync.name
  member   = "serviceAccount:${google_service_account.scheduler[0].email}"

  # Overriding variables is a separate permission, which is granted only if a schedule has overrides.
  role = local.overrides_used ? "roles/run.jobsExecutorWithOverrides" : "roles/run.jobsExecutor"
}

resource "google_cloud_run_v2_job_iam_member" "operators" {
  for_each = {
    for pair in setproduct(var.operators, ["roles/run.jobsExecutorWithOverrides", "roles/run.viewer"]) :
    "${pair[0]} ${pair[1]}" => { member = pair[0], role = pair[1] }
  }

  project  = var.project_id
  location = var.region
  name     = google_cloud_run_v2_job.sync.name
  member   = each.value.member
  role     = each.value.role
}

# The first thing that every alert says is to read the logs. Logging has no smaller grant than the project, but for views of a bucket.
resource "google_project_iam_member" "operators_logs" {
  for_each = var.operators

  project = var.project_id
  role    = "roles/logging.viewer"
  member  = each.value
}

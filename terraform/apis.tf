locals {
  apis = var.enable_apis ? concat(
    [
      "bigquery.googleapis.com",
      "cloudscheduler.googleapis.com",
      "iam.googleapis.com",
      "logging.googleapis.com",
      "monitoring.googleapis.com",
      "run.googleapis.com",
      "secretmanager.googleapis.com",
    ],
    var.cloud_sql_instance == null ? [] : ["sqladmin.googleapis.com"],
    var.vpc == null ? [] : ["compute.googleapis.com"],
    var.create_registry ? ["artifactregistry.googleapis.com"] : [],
    var.create_build_account ? ["cloudbuild.googleapis.com"] : [],
  ) : []
}

resource "google_project_service" "this" {
  for_each = toset(local.apis)

  project = var.project_id
  service = each.value

  # Other users of the project may need the API, so destroying the module must not disable it.
  disable_on_destroy = false
}

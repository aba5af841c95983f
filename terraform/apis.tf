locals {
  apis = var.enable_apis ? concat(
    [
      "bigquery.googleapis.com",
      "cloudresourcemanager.googleapis.com",
      "cloudscheduler.googleapis.com",
      "iam.googleapis.com",
      "logging.googleapis.com",
      "monitoring.googleapis.com",
      "run.googleapis.com",
      "secretmanager.googleapis.com",
      "serviceusage.googleapis.com",
    ],
    var.cloud_sql_instance == null ? [] : ["sqladmin.googleapis.com"],
    length(var.taxonomies) == 0 ? [] : ["datacatalog.googleapis.com"],
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

# An API that was enabled a moment ago may still refuse requests. Waits once, and again when another API is added.
resource "time_sleep" "apis" {
  count = var.enable_apis ? 1 : 0

  create_duration = "30s"
  triggers        = { apis = join(" ", sort(local.apis)) }

  depends_on = [google_project_service.this]
}

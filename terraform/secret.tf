# The MySQL password. It is a write-only argument: it goes to Secret Manager and is stored neither in
# the state nor in a plan. Terraform stores only its version number.

locals {
  create_secret = var.mysql_password_secret == null

  # The version is pinned, so that all tasks of an execution use the same password, and a plan shows
  # a new password as a change of the job.
  password_secret = local.create_secret ? {
    secret  = google_secret_manager_secret.mysql_password[0].secret_id
    version = google_secret_manager_secret_version.mysql_password[0].version
  } : var.mysql_password_secret
}

resource "google_secret_manager_secret" "mysql_password" {
  count = local.create_secret ? 1 : 0

  project   = var.project_id
  secret_id = "${var.name}-mysql-password"
  labels    = var.labels

  replication {
    dynamic "auto" {
      for_each = length(var.secret_locations) == 0 ? ["auto"] : []
      content {}
    }
    dynamic "user_managed" {
      for_each = length(var.secret_locations) == 0 ? [] : ["user_managed"]
      content {
        dynamic "replicas" {
          for_each = var.secret_locations
          content {
            location = replicas.value
          }
        }
      }
    }
  }

  depends_on = [google_project_service.this]
}

resource "google_secret_manager_secret_version" "mysql_password" {
  count = local.create_secret ? 1 : 0

  secret                 = google_secret_manager_secret.mysql_password[0].id
  secret_data_wo         = var.mysql_password
  secret_data_wo_version = var.mysql_password_version

  # Old versions are disabled, not destroyed: `gcloud secrets versions enable` restores one.
  deletion_policy = "DISABLE"

  lifecycle {
    # The job moves to the new version before the old one is disabled.
    create_before_destroy = true
  }
}

# The MySQL password. Its text is a write-only argument: it reaches Secret Manager and is in
# neither the state nor a plan. What Terraform remembers is the version number.

locals {
  create_secret = var.mysql_password_secret == null

  # The version is pinned: an execution uses one password from its first task to its last, and a
  # new password is a change of the job that the plan shows.
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

  depends_on = [time_sleep.apis]
}

resource "google_secret_manager_secret_version" "mysql_password" {
  count = local.create_secret ? 1 : 0

  secret                 = google_secret_manager_secret.mysql_password[0].id
  secret_data_wo         = var.mysql_password
  secret_data_wo_version = var.mysql_password_version

  # An old version is disabled, not destroyed: going back is `gcloud secrets versions enable`.
  deletion_policy = "DISABLE"

  lifecycle {
    # The job moves to the new version before the old one is disabled.
    create_before_destroy = true
  }
}

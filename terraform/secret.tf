# The MySQL password and the key of a client certificate. Their texts are write-only arguments: they reach Secret Manager
# and are in neither the state nor a plan. What Terraform remembers is the version number.

locals {
  # What the job reads from Secret Manager, by the name of the secret that the module creates for it. With mysql_iam_auth there is no password.
  wanted_secrets = merge(
    var.mysql_iam_auth ? {} : { mysql-password = { given = var.mysql_password_secret, version = var.mysql_password_version } },
    var.mysql_ssl_cert == null ? {} : { mysql-ssl-key = { given = var.mysql_ssl_key_secret, version = var.mysql_ssl_key_version } },
  )
  created_secrets = { for name, wanted in local.wanted_secrets : name => wanted.version if wanted.given == null }

  # The version is pinned: an execution uses one password from its first task to its last, and a
  # new password is a change of the job that the plan shows.
  secrets = merge(var.mask_key_secret == null ? {} : { mask-key = var.mask_key_secret }, {
    for name, wanted in local.wanted_secrets : name => wanted.given != null ? wanted.given : {
      secret  = google_secret_manager_secret.this[name].secret_id
      version = google_secret_manager_secret_version.this[name].version
    }
  })
}

resource "google_secret_manager_secret" "this" {
  for_each = local.created_secrets

  project   = var.project_id
  secret_id = "${var.name}-${each.key}"
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

resource "google_secret_manager_secret_version" "this" {
  for_each = local.created_secrets

  secret                 = google_secret_manager_secret.this[each.key].id
  secret_data_wo         = each.key == "mysql-password" ? var.mysql_password : var.mysql_ssl_key
  secret_data_wo_version = each.value

  # Old versions are disabled, not destroyed: `gcloud secrets versions enable` restores one.
  deletion_policy = "DISABLE"

  lifecycle {
    # The job moves to the new version before the old one is disabled.
    create_before_destroy = true
  }
}

# Optional: the repository for the image, and the account that builds it (see cloudbuild.yaml).

locals {
  registry_repository = coalesce(var.registry_repository, var.name)
  image_repository    = "${var.region}-docker.pkg.dev/${var.project_id}/${local.registry_repository}/mysql-bigquery-sync"

  # New projects may build in these regions only ("Restricted regions for some projects", Cloud Build); elsewhere the quota is zero.
  unrestricted_build_regions = ["asia-east1", "australia-southeast1", "europe-west1", "southamerica-east1", "us-central1", "us-west2"]
  build_region               = coalesce(var.build_region, contains(local.unrestricted_build_regions, var.region) ? var.region : "global")

  build_substitutions = !var.create_build_account ? null : join(",", [
    "_REGION=${var.region}",
    "_JOB=${var.name}",
    "_REPOSITORY=${local.registry_repository}",
    "_BUILD_ACCOUNT=${google_service_account.build[0].email}",
  ])
  build_member = var.create_build_account ? "serviceAccount:${google_service_account.build[0].email}" : null
}

resource "google_artifact_registry_repository" "images" {
  # checkov:skip=CKV_GCP_84:Images of an open-source program contain no secrets; Google's encryption is enough.
  count = var.create_registry ? 1 : 0

  project       = var.project_id
  location      = var.region
  repository_id = local.registry_repository
  format        = "DOCKER"
  description   = "Images of mysql-bigquery-sync and the build's cache."
  labels        = var.labels

  # Keeps ten builds for rollbacks. Without a rule, every build costs storage forever.
  cleanup_policies {
    id     = "keep-last-ten"
    action = "KEEP"
    most_recent_versions {
      keep_count = 10
    }
  }
  cleanup_policies {
    id     = "delete-after-30-days"
    action = "DELETE"
    condition {
      tag_state  = "ANY"
      older_than = "2592000s"
    }
  }

  depends_on = [time_sleep.apis]
}

resource "google_service_account" "build" {
  count = var.create_build_account ? 1 : 0

  project      = var.project_id
  account_id   = "${local.account_prefix}-build"
  display_name = "${var.name}: builds the image"
  description  = "Pushes to one repository and updates one job."

  lifecycle {
    precondition {
      condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", "${local.account_prefix}-build"))
      error_message = "The account ${local.account_prefix}-build would have ${length(local.account_prefix) + 6} characters; Google allows 6 to 30. Set service_account_prefix."
    }
  }

  depends_on = [time_sleep.apis]
}

# `gcloud builds submit` uploads the checkout here. Its default bucket exists only after the first
# build, and the account above could not read it.
resource "google_storage_bucket" "build_source" {
  # checkov:skip=CKV_GCP_62:Contains a public program's source for a week; access logs are not needed.
  # checkov:skip=CKV_GCP_78:No object is ever changed in place.
  count = var.create_build_account ? 1 : 0

  project                     = var.project_id
  location                    = var.region
  name                        = "${var.project_id}-${var.name}-build"
  labels                      = var.labels
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = true # contains only uploads; the repository has the source

  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      age = 7
    }
  }

  lifecycle {
    precondition {
      condition     = length("${var.project_id}-${var.name}-build") <= 63
      error_message = "The bucket ${var.project_id}-${var.name}-build would have more than 63 characters. Choose a shorter name."
    }
  }

  depends_on = [time_sleep.apis]
}

resource "google_storage_bucket_iam_member" "build_source" {
  count = var.create_build_account ? 1 : 0

  bucket = google_storage_bucket.build_source[0].name
  role   = "roles/storage.objectViewer"
  member = local.build_member
}

resource "google_project_iam_member" "build_logs" {
  count = var.create_build_account ? 1 : 0

  project = var.project_id
  role    = "roles/logging.logWriter"
  member  = local.build_member
}

resource "google_artifact_registry_repository_iam_member" "build_push" {
  count = var.create_build_account ? 1 : 0

  project    = var.project_id
  location   = var.region
  repository = var.create_registry ? google_artifact_registry_repository.images[0].repository_id : local.registry_repository
  role       = "roles/artifactregistry.writer"
  member     = local.build_member
}

resource "google_cloud_run_v2_job_iam_member" "build_deploy" {
  count = var.create_build_account ? 1 : 0

  project  = var.project_id
  location = var.region
  name     = google_cloud_run_v2_job.sync.name
  role     = "roles/run.developer"
  member   = local.build_member
}

# Updating the job's image requires this role, because the image runs as the job's account.
resource "google_service_account_iam_member" "build_acts_as_run" {
  count = var.create_build_account ? 1 : 0

  service_account_id = var.service_account_email == null ? google_service_account.run[0].name : "projects/-/serviceAccounts/${var.service_account_email}"
  role               = "roles/iam.serviceAccountUser"
  member             = local.build_member
}

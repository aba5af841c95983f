locals {
  gcloud_job   = "${var.name} --project=${var.project_id} --region=${var.region}"
  logs_command = "gcloud logging read 'resource.type=\"cloud_run_job\" AND resource.labels.job_name=\"${var.name}\" AND resource.labels.location=\"${var.region}\" AND severity>=WARNING' --project=${var.project_id} --freshness=1d --order=asc --format='value(timestamp,jsonPayload.event,jsonPayload.table,jsonPayload.message)'"
}

output "job_name" {
  description = "Name of the Cloud Run job."
  value       = google_cloud_run_v2_job.sync.name
}

output "service_account_email" {
  description = "Account that the job runs as, for firewall rules and further grants."
  value       = local.service_account_email
}

output "scheduler_service_account_email" {
  description = "Account that Cloud Scheduler uses to start the job; null without schedules."
  value       = one(google_service_account.scheduler[*].email)
}

output "secrets" {
  description = "Secrets and versions that the job reads, mysql-password, mysql-ssl-key and mask-key."
  value       = local.secrets
}

output "mysql_user" {
  description = "User that the job logs in as. With mysql_iam_auth, create it from service_account_email."
  value       = local.mysql_user
}

output "dataset" {
  description = "Dataset that receives the tables, as project.dataset."
  value       = "${local.bigquery_project}.${var.bigquery_dataset}"
}

output "image_repository" {
  description = "Where cloudbuild.yaml pushes the image."
  value       = local.image_repository
}

output "run_command" {
  description = "Runs the job now and waits for it."
  value       = "gcloud run jobs execute ${local.gcloud_job} --wait"
}

output "run_table_command" {
  description = "Copies one table now, with its options in tables. Replace TABLE with its name."
  value       = "gcloud run jobs execute ${local.gcloud_job} --args=--table,TABLE --wait"
}

output "logs_command" {
  description = "Shows the last day's warnings and errors."
  value       = local.logs_command
}

output "build_command" {
  description = "Builds the image from a checkout, pushes it and updates the job; null without create_build_account."
  value = !var.create_build_account ? null : join(" ", [
    "gcloud builds submit --project=${var.project_id} --region=${local.build_region} --config=cloudbuild.yaml",
    "--gcs-source-staging-dir=gs://${google_storage_bucket.build_source[0].name}/source",
    "--substitutions=${local.build_substitutions}",
  ])
}

output "build_region" {
  description = "Region of builds and of a trigger."
  value       = local.build_region
}

output "build_substitutions" {
  description = "Substitutions of a trigger that builds with cloudbuild.yaml; null without create_build_account."
  value       = local.build_substitutions
}

output "worst_case_minutes" {
  description = "The longest possible execution: every attempt times out."
  value       = local.worst_case_minutes
}

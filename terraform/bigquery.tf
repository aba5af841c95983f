resource "google_bigquery_dataset" "destination" {
  # checkov:skip=CKV_GCP_81:Google's own encryption is the default; a dataset with a key of yours can be made elsewhere and used with create_dataset = false.
  count = var.create_dataset ? 1 : 0

  project     = local.bigquery_project
  dataset_id  = var.bigquery_dataset
  location    = var.bigquery_location
  description = "Copies of the MySQL database ${var.mysql_database}, replaced by the Cloud Run job ${var.name}."
  labels      = var.labels

  # Tables are never deleted with the module: BigQuery refuses to drop a dataset that has any.
  delete_contents_on_destroy = false

  depends_on = [time_sleep.apis]
}

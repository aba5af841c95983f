resource "google_bigquery_dataset" "destination" {
  # checkov:skip=CKV_GCP_81:Google's encryption is the default; to use your own key, create the dataset elsewhere and set create_dataset = false.
  count = var.create_dataset ? 1 : 0

  project     = local.bigquery_project
  dataset_id  = var.bigquery_dataset
  location    = var.bigquery_location
  description = "Copies of the MySQL database ${var.mysql_database}, replaced by the Cloud Run job ${var.name}."
  labels      = var.labels

  # Destroying the module never deletes tables: BigQuery refuses to drop a dataset that has any.
  delete_contents_on_destroy = false

  depends_on = [time_sleep.apis]
}

# Most features of the module: an on-premises server behind a VPN, reached through the VPC with
# certificate verification; options per table; two schedules; alerts; an image built in the project.

terraform {
  required_version = ">= 1.11"
  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 7.45, < 9"
    }
  }
}

provider "google" {
  project = var.project_id
}

variable "project_id" {
  description = "Project of the job."
  type        = string
}

variable "bigquery_project" {
  description = "Project of the dataset."
  type        = string
}

variable "mysql_password" {
  description = "Password of the MySQL user sync."
  type        = string
  sensitive   = true
  ephemeral   = true
}

variable "mysql_ssl_ca" {
  description = "The server's CA certificate, PEM text."
  type        = string
}

resource "google_monitoring_notification_channel" "data_team" {
  project      = var.project_id
  display_name = "Data team"
  type         = "email"
  labels       = { email_address = "data-team@example.com" }
}

module "sync" {
  source = "../.."

  project_id = var.project_id
  region     = "europe-west1"
  name       = "shop-sync"
  labels     = { team = "data" }

  mysql_host             = "10.20.0.5"
  mysql_user             = "sync"
  mysql_password         = var.mysql_password
  mysql_password_version = 1
  mysql_database         = "shop"
  mysql_ssl_mode         = "VERIFY_CA"
  mysql_ssl_ca           = var.mysql_ssl_ca

  vpc = {
    network    = "main"
    subnetwork = "cloud-run"
    egress     = "PRIVATE_RANGES_ONLY"
    tags       = ["mysql-client"]
  }

  bigquery_project  = var.bigquery_project
  bigquery_dataset  = "shop"
  bigquery_location = "EU"

  tables = [
    { name = "users", columns = { exclude = ["password_hash"] } },
    { name = "orders", where = "created_at >= '2020-01-01'" },
    { name = "order_items" },
    { name = "events", destination = "shop_events" },
  ]

  parallelism          = 2
  max_retries          = 1
  task_timeout_seconds = 2 * 3600

  schedules = [
    { name = "nightly", cron = "0 2 * * *", time_zone = "Europe/Berlin" },
    {
      # Copies orders again at noon, in one task.
      name        = "noon"
      cron        = "0 12 * * 1-5"
      time_zone   = "Europe/Berlin"
      environment = { TABLES = "orders" }
      task_count  = 1
    },
  ]

  operators             = ["group:data-team@example.com"]
  notification_channels = [google_monitoring_notification_channel.data_team.id]
  alerts                = { shrink_percent = 30 }

  create_registry      = true
  create_build_account = true
}

output "commands" {
  description = "Commands for operators."
  value = {
    run   = module.sync.run_command
    table = module.sync.run_table_command
    logs  = module.sync.logs_command
    build = module.sync.build_command
  }
}

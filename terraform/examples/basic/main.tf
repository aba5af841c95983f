# The smallest setup: copies three tables from a Cloud SQL instance every night.
#
#   export TF_VAR_mysql_password=…
#   terraform init && terraform apply -var project_id=… -var cloud_sql_instance=…

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
  description = "Project to create everything in."
  type        = string
}

variable "cloud_sql_instance" {
  description = "Connection name, project:region:instance."
  type        = string
}

variable "mysql_password" {
  description = "Password of the MySQL user sync."
  type        = string
  sensitive   = true
  ephemeral   = true
}

module "sync" {
  source = "../.."

  project_id = var.project_id
  region     = "europe-west1"

  cloud_sql_instance = var.cloud_sql_instance
  mysql_user         = "sync"
  mysql_password     = var.mysql_password
  mysql_database     = "shop"

  bigquery_dataset  = "shop"
  bigquery_location = "EU"

  tables = [
    { name = "users" },
    { name = "orders" },
    { name = "order_items" },
  ]
}

output "run_command" {
  description = "Runs the job now."
  value       = module.sync.run_command
}

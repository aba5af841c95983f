# The Cloud Run job. All other resources of the module support it.

locals {
  bigquery_project = coalesce(var.bigquery_project, var.project_id)
  socket           = var.mysql_host == null
  mysql_host       = local.socket ? "/cloudsql/${var.cloud_sql_instance}" : var.mysql_host

  # An IAM user of Cloud SQL for MySQL has the account's name up to the @.
  mysql_user = !var.mysql_iam_auth ? var.mysql_user : var.service_account_email == null ? "${local.account_prefix}-run" : split("@", var.service_account_email)[0]

  # Cloud SQL encrypts the way to its socket itself.
  mysql_ssl_mode = coalesce(var.mysql_ssl_mode, local.socket ? "PREFERRED" : "REQUIRED")

  # A table without options is written as just its name, and unset options are left out: the binary
  # refuses unknown keys, and the whole list must fit into one variable.
  tables = [
    for table in var.tables : {
      for key, value in merge(table, {
        columns = table.columns == null ? null : { for k, v in table.columns : k => v if v != null }
      }) : key => value if value != null
    }
  ]
  tables_json = "[${join(",", [
    for table in local.tables : length(table) == 1 ? jsonencode(table.name) : jsonencode(table)
  ])}]"

  # One task per table. An exclusion (!tmp_*) is not a table.
  task_count  = coalesce(var.task_count, max(1, length([for t in var.tables : t if !startswith(t.name, "!")])))
  parallelism = min(var.parallelism, local.task_count) # Cloud Run requires parallelism ≤ task count

  # The longest possible execution: every attempt of every wave of tasks times out.
  waves              = local.parallelism == 0 ? 1 : ceil(local.task_count / local.parallelism)
  worst_case_minutes = ceil(local.waves * (var.max_retries + 1) * var.task_timeout_seconds / 60)

  # Every environment variable of the binary that this module sets; null leaves a variable unset.
  # The binary's tests compare it with tests/contract.json, which is made from this map.
  environment = {
    MYSQL_HOST     = local.mysql_host
    MYSQL_PORT     = local.socket ? null : tostring(var.mysql_port)
    MYSQL_USER     = local.mysql_user
    MYSQL_IAM_AUTH = var.mysql_iam_auth ? "true" : null
    MYSQL_DATABASE = var.mysql_database
    MYSQL_SSL_MODE = local.mysql_ssl_mode
    MYSQL_SSL_CA   = var.mysql_ssl_ca
    MYSQL_SSL_CERT = var.mysql_ssl_cert
    # Optional number.
    MYSQL_STALL_SECONDS = var.mysql_stall_seconds == null ? null : tostring(var.mysql_stall_seconds)
    BIGQUERY_PROJECT    = local.bigquery_project
    BIGQUERY_DATASET    = var.bigquery_dataset
    BIGQUERY_LOCATION   = var.bigquery_location
    TABLES              = local.tables_json
    TABLE_CONCURRENCY   = tostring(var.table_concurrency)
    READ_CONNECTIONS    = tostring(var.read_connections)
    SNAPSHOT            = var.snapshot
    AVRO_CODEC          = var.avro_codec
    MASK                = length(var.mask) == 0 ? null : jsonencode(var.mask)
    NEW_COLUMNS         = var.new_columns
    ZERO_DATES          = var.zero_dates
    INVALID_VALUES      = var.invalid_values
    # Optional numbers.
    MAX_ROWS_PER_SECOND = var.max_rows_per_second == null ? null : tostring(var.max_rows_per_second)
    MAX_MB_PER_SECOND   = var.max_mb_per_second == null ? null : tostring(var.max_mb_per_second)
    MAX_SHRINK_PERCENT  = var.max_shrink_percent == null ? null : tostring(var.max_shrink_percent)
    LOG_FORMAT          = var.log_format
    LOG_LEVEL           = var.log_level
  }

  # Environment variables whose values come from Secret Manager when a task starts.
  secret_environment = {
    MYSQL_PASSWORD = lookup(local.secrets, "mysql-password", null)
    MYSQL_SSL_KEY  = lookup(local.secrets, "mysql-ssl-key", null)
    MASK_KEY       = lookup(local.secrets, "mask-key", null)
  }
}

resource "google_cloud_run_v2_job" "sync" {
  project             = var.project_id
  location            = var.region
  name                = var.name
  labels              = var.labels
  deletion_protection = var.deletion_protection

  template {
    task_count  = local.task_count
    parallelism = local.parallelism

    template {
      service_account = local.service_account_email
      max_retries     = var.max_retries
      timeout         = "${var.task_timeout_seconds}s"

      containers {
        image = var.image

        resources {
          limits = {
            cpu    = var.cpu
            memory = var.memory
          }
        }

        dynamic "env" {
          for_each = { for name, value in local.environment : name => value if value != null }
          content {
            name  = env.key
            value = env.value
          }
        }

        dynamic "env" {
          for_each = { for name, secret in local.secret_environment : name => secret if secret != null }
          content {
            name = env.key
            value_source {
              secret_key_ref {
                secret  = env.value.secret
                version = env.value.version
              }
            }
          }
        }

        dynamic "volume_mounts" {
          for_each = local.socket ? ["cloudsql"] : []
          content {
            name       = volume_mounts.value
            mount_path = "/cloudsql"
          }
        }
      }

      dynamic "vpc_access" {
        for_each = var.vpc == null ? [] : [var.vpc]
        content {
          egress = vpc_access.value.egress
          network_interfaces {
            network    = vpc_access.value.network
            subnetwork = vpc_access.value.subnetwork
            tags       = vpc_access.value.tags
          }
        }
      }

      # Keep this volume last, as Cloud Run reports it, so that plans stay empty.
      dynamic "volumes" {
        for_each = local.socket ? [var.cloud_sql_instance] : []
        content {
          name = "cloudsql"
          cloud_sql_instance {
            instances = [volumes.value]
          }
        }
      }
    }
  }

  lifecycle {
    # After the first apply, Cloud Build updates the image. Every tool that changes the job writes
    # client and client_version.
    ignore_changes = [
      client,
      client_version,
      template[0].template[0].containers[0].image,
    ]

    precondition {
      condition     = length(local.tables_json) <= 32768
      error_message = "The list of tables is ${length(local.tables_json)} characters of JSON; Cloud Run allows 32,768 in one variable. Use patterns (\"shop_*\") or a second instance of this module."
    }
  }

  depends_on = [
    time_sleep.apis,
    time_sleep.grants,
  ]
}

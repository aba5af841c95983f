# Invalid variables, each refused with a message before anything is planned.

mock_provider "time" {}

mock_provider "google" {
  override_during = plan

  mock_resource "google_service_account" {
    defaults = { email = "account@my-project.iam.gserviceaccount.com" }
  }
  mock_resource "google_secret_manager_secret_version" {
    defaults = { version = "1" }
  }
}

variables {
  project_id        = "my-project"
  region            = "europe-west1"
  mysql_host        = "db.example.com"
  mysql_user        = "sync"
  mysql_password    = "not a real one"
  mysql_database    = "shop"
  bigquery_dataset  = "shop"
  bigquery_location = "EU"
  tables            = [{ name = "users" }]
}

run "project_number" {
  command = plan
  variables {
    project_id = "123456789012"
  }
  expect_failures = [var.project_id]
}

run "zone" {
  command = plan
  variables {
    region = "europe-west1-b"
  }
  expect_failures = [var.region]
}

run "name_with_capitals" {
  command = plan
  variables {
    name = "MySync"
  }
  expect_failures = [var.name]
}

run "label_with_capitals" {
  command = plan
  variables {
    labels = { Team = "data" }
  }
  expect_failures = [var.labels]
}

run "no_host" {
  command = plan
  variables {
    mysql_host = null
  }
  expect_failures = [var.mysql_host]
}

run "host_and_instance" {
  command = plan
  variables {
    cloud_sql_instance = "p-project:europe-west1:db"
  }
  expect_failures = [var.mysql_host]
}

run "host_with_scheme" {
  command = plan
  variables {
    mysql_host = "mysql://db"
  }
  expect_failures = [var.mysql_host]
}

run "port" {
  command = plan
  variables {
    mysql_port = 70000
  }
  expect_failures = [var.mysql_port]
}

run "instance_without_region" {
  command = plan
  variables {
    mysql_host         = null
    cloud_sql_instance = "db"
  }
  expect_failures = [var.cloud_sql_instance]
}

run "user" {
  command = plan
  variables {
    mysql_user = ""
  }
  expect_failures = [var.mysql_user]
}

run "database" {
  command = plan
  variables {
    mysql_database = ""
  }
  expect_failures = [var.mysql_database]
}

run "ssl_mode" {
  command = plan
  variables {
    mysql_ssl_mode = "verify"
  }
  expect_failures = [var.mysql_ssl_mode]
}

run "ssl_ca" {
  command = plan
  variables {
    mysql_ssl_ca = "server-ca.pem"
  }
  expect_failures = [var.mysql_ssl_ca]
}

run "no_password" {
  command = plan
  variables {
    mysql_password = null
  }
  expect_failures = [var.mysql_password]
}

run "empty_password" {
  command = plan
  variables {
    mysql_password = ""
  }
  expect_failures = [var.mysql_password]
}

run "password_and_secret" {
  command = plan
  variables {
    mysql_password_secret = { secret = "mysql", version = "1" }
  }
  expect_failures = [var.mysql_password]
}

run "password_version" {
  command = plan
  variables {
    mysql_password_version = 0
  }
  expect_failures = [var.mysql_password_version]
}

run "secret_version" {
  command = plan
  variables {
    mysql_password        = null
    mysql_password_secret = { secret = "mysql", version = "newest" }
  }
  expect_failures = [var.mysql_password_secret]
}

run "vpc_without_network" {
  command = plan
  variables {
    vpc = { tags = ["x"] }
  }
  expect_failures = [var.vpc]
}

run "vpc_egress" {
  command = plan
  variables {
    vpc = { network = "main", egress = "all" }
  }
  expect_failures = [var.vpc]
}

run "dataset" {
  command = plan
  variables {
    bigquery_dataset = "my-dataset"
  }
  expect_failures = [var.bigquery_dataset]
}

run "no_location" {
  command = plan
  variables {
    bigquery_location = null
  }
  expect_failures = [var.bigquery_location]
}

run "no_tables" {
  command = plan
  variables {
    tables = []
  }
  expect_failures = [var.tables]
}

run "destination_twice" {
  command = plan
  variables {
    tables = [{ name = "users" }, { name = "customers", destination = "users" }]
  }
  expect_failures = [var.tables]
}

run "pattern_with_options" {
  command = plan
  variables {
    tables = [{ name = "shop_*", where = "id > 5" }]
  }
  expect_failures = [var.tables]
}

run "table_concurrency" {
  command = plan
  variables {
    table_concurrency = 0
  }
  expect_failures = [var.table_concurrency]
}

run "read_connections" {
  command = plan
  variables {
    read_connections = 65
  }
  expect_failures = [var.read_connections]
}

run "snapshot" {
  command = plan
  variables {
    snapshot = "both"
  }
  expect_failures = [var.snapshot]
}

run "max_rows_per_second" {
  command = plan
  variables {
    max_rows_per_second = 0
  }
  expect_failures = [var.max_rows_per_second]
}

run "max_mb_per_second" {
  command = plan
  variables {
    max_mb_per_second = 0
  }
  expect_failures = [var.max_mb_per_second]
}

run "avro_codec" {
  command = plan
  variables {
    avro_codec = "gzip"
  }
  expect_failures = [var.avro_codec]
}

run "max_shrink_percent" {
  command = plan
  variables {
    max_shrink_percent = 101
  }
  expect_failures = [var.max_shrink_percent]
}

run "mask_without_a_column" {
  command = plan
  variables {
    mask = { "password" = "drop" }
  }
  expect_failures = [var.mask]
}

run "hmac_without_a_key" {
  command = plan
  variables {
    tables = [{ name = "users", mask = { email = "hmac" } }]
  }
  expect_failures = [var.mask_key_secret]
}

run "new_columns" {
  command = plan
  variables {
    new_columns = "ask"
  }
  expect_failures = [var.new_columns]
}

run "zero_dates" {
  command = plan
  variables {
    zero_dates = "zero"
  }
  expect_failures = [var.zero_dates]
}

run "invalid_values" {
  command = plan
  variables {
    invalid_values = "skip"
  }
  expect_failures = [var.invalid_values]
}

run "log_level" {
  command = plan
  variables {
    log_level = "verbose"
  }
  expect_failures = [var.log_level]
}

run "log_format" {
  command = plan
  variables {
    log_format = "xml"
  }
  expect_failures = [var.log_format]
}

run "task_count" {
  command = plan
  variables {
    task_count = 10001
  }
  expect_failures = [var.task_count]
}

run "parallelism" {
  command = plan
  variables {
    parallelism = -1
  }
  expect_failures = [var.parallelism]
}

run "retries" {
  command = plan
  variables {
    max_retries = 11
  }
  expect_failures = [var.max_retries]
}

run "timeout" {
  command = plan
  variables {
    task_timeout_seconds = 700000
  }
  expect_failures = [var.task_timeout_seconds]
}

run "cpu" {
  command = plan
  variables {
    cpu = "3"
  }
  expect_failures = [var.cpu]
}

run "memory" {
  command = plan
  variables {
    memory = "512"
  }
  expect_failures = [var.memory]
}

run "memory_for_cpu" {
  command = plan
  variables {
    cpu    = "4"
    memory = "1Gi"
  }
  expect_failures = [var.memory]
}

run "cron" {
  command = plan
  variables {
    schedules = [{ name = "nightly", cron = "every day at 3" }]
  }
  expect_failures = [var.schedules]
}

run "time_zone" {
  command = plan
  variables {
    schedules = [{ name = "nightly", cron = "0 3 * * *", time_zone = "UTC+2" }]
  }
  expect_failures = [var.schedules]
}

run "schedule_twice" {
  command = plan
  variables {
    schedules = [{ name = "nightly", cron = "0 3 * * *" }, { name = "nightly", cron = "0 4 * * *" }]
  }
  expect_failures = [var.schedules]
}

run "unknown_override" {
  command = plan
  variables {
    schedules = [{ name = "nightly", cron = "0 3 * * *", environment = { MYSQL_HOSTS = "x" } }]
  }
  expect_failures = [var.schedules]
}

run "secret_override" {
  command = plan
  variables {
    schedules = [{ name = "nightly", cron = "0 3 * * *", environment = { MYSQL_PASSWORD = "x" } }]
  }
  expect_failures = [var.schedules]
}

run "operator" {
  command = plan
  variables {
    operators = ["jane@example.com"]
  }
  expect_failures = [var.operators]
}

run "channel" {
  command = plan
  variables {
    notification_channels = ["data-team@example.com"]
  }
  expect_failures = [var.notification_channels]
}

run "alert_hours" {
  command = plan
  variables {
    alerts = { missing_run_hours = 500 }
  }
  expect_failures = [var.alerts]
}

run "alert_percent" {
  command = plan
  variables {
    alerts = { shrink_percent = 150 }
  }
  expect_failures = [var.alerts]
}

run "repository" {
  command = plan
  variables {
    registry_repository = "My_Images"
  }
  expect_failures = [var.registry_repository]
}

run "governed_tables_role" {
  command = plan
  variables {
    governed_tables_role = "governed_tables"
  }
  expect_failures = [var.governed_tables_role]
}

run "taxonomy" {
  command = plan
  variables {
    taxonomies = ["personal data"]
  }
  expect_failures = [var.taxonomies]
}

run "build_region" {
  command = plan
  variables {
    build_region = "Frankfurt"
  }
  expect_failures = [var.build_region]
}

run "account_too_long" {
  command = plan
  variables {
    service_account_prefix = "a-prefix-that-is-much-too-long"
  }
  expect_failures = [google_service_account.run, google_service_account.scheduler]
}

run "too_much_json" {
  command = plan
  variables {
    tables      = [for i in range(1000) : { name = "a_table_with_a_rather_long_name_of_its_own_${i}" }]
    parallelism = 0
  }
  expect_failures = [google_cloud_run_v2_job.sync]
}

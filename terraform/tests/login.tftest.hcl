# How the job logs in to MySQL: password, access token, client certificate.

mock_provider "time" {}

mock_provider "google" {
  override_during = plan

  mock_resource "google_service_account" {
    defaults = {
      email = "account@my-project.iam.gserviceaccount.com"
      name  = "projects/my-project/serviceAccounts/account@my-project.iam.gserviceaccount.com"
    }
  }
  mock_resource "google_secret_manager_secret_version" {
    defaults = { version = "7" }
  }
}

variables {
  project_id        = "my-project"
  region            = "europe-west1"
  mysql_database    = "shop"
  bigquery_dataset  = "shop"
  bigquery_location = "EU"
  tables            = [{ name = "users" }, { name = "orders" }]
}

run "keyless_over_the_socket" {
  command = plan

  variables {
    mysql_iam_auth     = true
    cloud_sql_instance = "data-project:europe-west1:db"
  }

  assert {
    condition     = { for e in google_cloud_run_v2_job.sync.template[0].template[0].containers[0].env : e.name => e.value }["MYSQL_IAM_AUTH"] == "true" && { for e in google_cloud_run_v2_job.sync.template[0].template[0].containers[0].env : e.name => e.value }["MYSQL_USER"] == "mysql-bigquery-sync-run" && output.mysql_user == "mysql-bigquery-sync-run"
    error_message = "The user is the account's name up to the @."
  }
  assert {
    condition     = !contains(keys({ for e in google_cloud_run_v2_job.sync.template[0].template[0].containers[0].env : e.name => e.value }), "MYSQL_PASSWORD") && length(google_secret_manager_secret.this) + length(google_secret_manager_secret_iam_member.run) == 0
    error_message = "There is no password and no secret."
  }
  assert {
    condition = toset(keys(google_project_iam_member.cloud_sql)) == toset(["roles/cloudsql.client", "roles/cloudsql.instanceUser"]) && alltrue([
      for grant in google_project_iam_member.cloud_sql : grant.project == "data-project" && strcontains(grant.condition[0].expression, "'projects/data-project/instances/db'")
    ])
    error_message = "The account may connect and log in to the one instance."
  }
  assert {
    condition     = { for e in google_cloud_run_v2_job.sync.template[0].template[0].containers[0].env : e.name => e.value }["MYSQL_SSL_MODE"] == "PREFERRED"
    error_message = "Cloud SQL encrypts the way to its socket itself."
  }
}

run "keyless_over_the_network" {
  command = plan

  variables {
    mysql_iam_auth     = true
    mysql_host         = "10.20.0.5"
    cloud_sql_instance = "data-project:europe-west1:db"
    vpc                = { network = "main", subnetwork = "cloud-run" }
  }

  assert {
    condition     = { for e in google_cloud_run_v2_job.sync.template[0].template[0].containers[0].env : e.name => e.value }["MYSQL_HOST"] == "10.20.0.5" && { for e in google_cloud_run_v2_job.sync.template[0].template[0].containers[0].env : e.name => e.value }["MYSQL_SSL_MODE"] == "REQUIRED"
    error_message = "The connection goes to the address and is encrypted."
  }
  assert {
    condition     = length(google_cloud_run_v2_job.sync.template[0].template[0].volumes) == 0 && keys(google_project_iam_member.cloud_sql) == ["roles/cloudsql.instanceUser"]
    error_message = "Without the socket the account may log in to the instance, and needs nothing else."
  }
}

run "client_certificate" {
  command = plan

  variables {
    mysql_host     = "db.example.com"
    mysql_user     = "sync"
    mysql_password = "not a real one"
    mysql_ssl_cert = "-----BEGIN CERTIFICATE-----\nnot a real one\n-----END CERTIFICATE-----"
    mysql_ssl_key  = "-----BEGIN PRIVATE KEY-----\nnot a real one\n-----END PRIVATE KEY-----"
  }

  assert {
    condition     = startswith({ for e in google_cloud_run_v2_job.sync.template[0].template[0].containers[0].env : e.name => e.value }["MYSQL_SSL_CERT"], "-----BEGIN CERTIFICATE-----") && { for e in google_cloud_run_v2_job.sync.template[0].template[0].containers[0].env : e.name => e.value }["MYSQL_SSL_MODE"] == "REQUIRED"
    error_message = "The certificate is a variable of the job."
  }
  assert {
    condition = anytrue([
      for e in google_cloud_run_v2_job.sync.template[0].template[0].containers[0].env :
      e.value_source[0].secret_key_ref[0].secret == "mysql-bigquery-sync-mysql-ssl-key" && e.value_source[0].secret_key_ref[0].version == "7"
      if e.name == "MYSQL_SSL_KEY"
    ])
    error_message = "The key comes from a secret's pinned version."
  }
  assert {
    condition     = toset(keys(google_secret_manager_secret_iam_member.run)) == toset(["mysql-password", "mysql-ssl-key"])
    error_message = "The account may read both secrets."
  }
}

run "client_certificate_with_a_key_of_ones_own" {
  command = plan

  variables {
    mysql_host            = "db.example.com"
    mysql_user            = "sync"
    mysql_password_secret = { secret = "password", version = "1" }
    mysql_ssl_cert        = "-----BEGIN CERTIFICATE-----\nnot a real one\n-----END CERTIFICATE-----"
    mysql_ssl_key_secret  = { secret = "projects/vault/secrets/key", version = "latest" }
  }

  assert {
    condition     = length(google_secret_manager_secret.this) == 0 && google_secret_manager_secret_iam_member.run["mysql-ssl-key"].secret_id == "projects/vault/secrets/key"
    error_message = "Secrets that exist are used."
  }
}

run "keyless_with_a_password" {
  command = plan
  variables {
    mysql_iam_auth     = true
    cloud_sql_instance = "p-project:europe-west1:db"
    mysql_password     = "x"
  }
  expect_failures = [var.mysql_password]
}

run "keyless_with_a_user" {
  command = plan
  variables {
    mysql_iam_auth     = true
    cloud_sql_instance = "p-project:europe-west1:db"
    mysql_user         = "sync"
  }
  expect_failures = [var.mysql_user]
}

run "no_user" {
  command = plan
  variables {
    mysql_host     = "db"
    mysql_password = "x"
  }
  expect_failures = [var.mysql_user]
}

run "keyless_without_an_instance" {
  command = plan
  variables {
    mysql_iam_auth = true
    mysql_host     = "db"
  }
  expect_failures = [var.cloud_sql_instance]
}

run "token_in_the_clear" {
  command = plan
  variables {
    mysql_iam_auth     = true
    mysql_host         = "db"
    mysql_ssl_mode     = "PREFERRED"
    cloud_sql_instance = "p-project:europe-west1:db"
  }
  expect_failures = [var.mysql_ssl_mode]
}

run "certificate_without_a_key" {
  command = plan
  variables {
    mysql_host     = "db"
    mysql_user     = "sync"
    mysql_password = "not a real one"
    mysql_ssl_cert = "-----BEGIN CERTIFICATE-----"
  }
  expect_failures = [var.mysql_ssl_key]
}

run "key_without_a_certificate" {
  command = plan
  variables {
    mysql_host     = "db"
    mysql_user     = "sync"
    mysql_password = "not a real one"
    mysql_ssl_key  = "-----BEGIN PRIVATE KEY-----"
  }
  expect_failures = [var.mysql_ssl_key]
}

run "a_path_for_a_key" {
  command = plan
  variables {
    mysql_host     = "db"
    mysql_user     = "sync"
    mysql_password = "not a real one"
    mysql_ssl_cert = "-----BEGIN CERTIFICATE-----"
    mysql_ssl_key  = "client-key.pem"
  }
  expect_failures = [var.mysql_ssl_key]
}

run "a_path_for_a_certificate" {
  command = plan
  variables {
    mysql_host           = "db"
    mysql_user           = "sync"
    mysql_password       = "not a real one"
    mysql_ssl_cert       = "client-cert.pem"
    mysql_ssl_key_secret = { secret = "key", version = "1" }
  }
  expect_failures = [var.mysql_ssl_cert]
}

run "certificate_without_tls" {
  command = plan
  variables {
    mysql_host           = "db"
    mysql_user           = "sync"
    mysql_password       = "not a real one"
    mysql_ssl_cert       = "-----BEGIN CERTIFICATE-----"
    mysql_ssl_mode       = "DISABLED"
    mysql_ssl_key_secret = { secret = "key", version = "1" }
  }
  expect_failures = [var.mysql_ssl_mode]
}

run "key_version" {
  command = plan
  variables {
    mysql_host            = "db"
    mysql_user            = "sync"
    mysql_password        = "not a real one"
    mysql_ssl_cert        = "-----BEGIN CERTIFICATE-----"
    mysql_ssl_key         = "-----BEGIN PRIVATE KEY-----"
    mysql_ssl_key_version = 0
  }
  expect_failures = [var.mysql_ssl_key_version]
}

run "key_secret" {
  command = plan
  variables {
    mysql_host           = "db"
    mysql_user           = "sync"
    mysql_password       = "not a real one"
    mysql_ssl_cert       = "-----BEGIN CERTIFICATE-----"
    mysql_ssl_key_secret = { secret = "key", version = "newest" }
  }
  expect_failures = [var.mysql_ssl_key_secret]
}

run "ca_too_long" {
  command = plan
  variables {
    mysql_host     = "db"
    mysql_user     = "sync"
    mysql_password = "not a real one"
    mysql_ssl_ca   = join("", concat(["-----BEGIN CERTIFICATE-----"], [for i in range(1000) : "a line of about forty characters, as in PEM"]))
  }
  expect_failures = [var.mysql_ssl_ca]
}

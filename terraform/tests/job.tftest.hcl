# The job's settings. The provider is a mock, so nothing is created.

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
  mysql_host        = "db.example.com"
  mysql_user        = "sync"
  mysql_password    = "not a real one"
  mysql_database    = "shop"
  bigquery_dataset  = "shop"
  bigquery_location = "EU"
  tables            = [{ name = "users" }, { name = "orders" }]
}

run "defaults" {
  command = plan

  assert {
    condition     = google_cloud_run_v2_job.sync.template[0].task_count == 2
    error_message = "There must be one task per table."
  }
  assert {
    condition     = google_cloud_run_v2_job.sync.template[0].parallelism == 2
    error_message = "Parallelism must not exceed the number of tasks."
  }
  assert {
    condition     = { for e in google_cloud_run_v2_job.sync.template[0].template[0].containers[0].env : e.name => e.value }["TABLES"] == "[\"users\",\"orders\"]"
    error_message = "Tables without options must be written as names."
  }
  assert {
    condition     = { for e in google_cloud_run_v2_job.sync.template[0].template[0].containers[0].env : e.name => e.value }["MYSQL_PORT"] == "3306"
    error_message = "MYSQL_PORT must be 3306 by default."
  }
  assert {
    condition = alltrue([
      for e in google_cloud_run_v2_job.sync.template[0].template[0].containers[0].env :
      e.value_source[0].secret_key_ref[0].version == "7" && e.value_source[0].secret_key_ref[0].secret == "mysql-bigquery-sync-mysql-password"
      if e.name == "MYSQL_PASSWORD"
    ])
    error_message = "The password must come from the secret's pinned version."
  }
  assert {
    condition     = length(google_cloud_run_v2_job.sync.template[0].template[0].volumes) == 0 && length(google_cloud_run_v2_job.sync.template[0].template[0].vpc_access) == 0
    error_message = "Neither socket nor VPC unless asked for."
  }
  assert {
    condition     = length(google_project_iam_member.cloud_sql) == 0
    error_message = "cloudsql.client only with the socket."
  }
}

run "a_failed_creation_can_be_repeated" {
  command = plan

  assert {
    condition     = !google_cloud_run_v2_job.sync.deletion_protection
    error_message = "A job whose creation failed is replaced at the next apply; the protection would refuse it."
  }
  assert {
    condition     = time_sleep.grants.create_duration == "60s" && time_sleep.apis[0].create_duration == "30s"
    error_message = "The job must wait until its APIs answer and its grants are effective."
  }
  assert {
    condition     = contains(keys(google_project_service.this), "cloudresourcemanager.googleapis.com")
    error_message = "Grants on projects need the Resource Manager API."
  }
}

run "build_region" {
  command = plan

  variables {
    create_build_account = true
    create_registry      = true
  }

  assert {
    condition     = output.build_region == "europe-west1" && strcontains(output.build_command, "--region=europe-west1 ")
    error_message = "Every project may build in europe-west1."
  }
}

run "build_region_elsewhere" {
  command = plan

  variables {
    region               = "europe-west3"
    create_build_account = true
    create_registry      = true
  }

  assert {
    condition     = output.build_region == "global" && strcontains(output.build_command, "--region=global ") && strcontains(output.build_substitutions, "_REGION=europe-west3,")
    error_message = "New projects may not build in europe-west3; the repository stays there."
  }
}

run "build_region_of_choice" {
  command = plan

  variables {
    region       = "europe-west3"
    build_region = "europe-west3"
  }

  assert {
    condition     = output.build_region == "europe-west3"
    error_message = "A region that is given is used."
  }
}

run "options_of_tables" {
  command = plan

  variables {
    tables = [
      { name = "users", columns = { exclude = ["password_hash"] } },
      { name = "orders", where = "id > 5", destination = "orders_copy" },
      { name = "shop_*" },
    ]
    task_count  = 3
    parallelism = 0
  }

  assert {
    condition = jsondecode({ for e in google_cloud_run_v2_job.sync.template[0].template[0].containers[0].env : e.name => e.value }["TABLES"]) == jsondecode(jsonencode([
      { name = "users", columns = { exclude = ["password_hash"] } },
      { name = "orders", where = "id > 5", destination = "orders_copy" },
      "shop_*",
    ]))
    error_message = "Options that are not set must be left out of the JSON."
  }
  assert {
    condition     = google_cloud_run_v2_job.sync.template[0].parallelism == 0
    error_message = "0 must stay 0: no limit."
  }
}

run "cloud_sql_socket" {
  command = plan

  variables {
    mysql_host         = null
    cloud_sql_instance = "my-project:europe-west1:db"
  }

  assert {
    condition     = { for e in google_cloud_run_v2_job.sync.template[0].template[0].containers[0].env : e.name => e.value }["MYSQL_HOST"] == "/cloudsql/my-project:europe-west1:db"
    error_message = "MYSQL_HOST must be the socket."
  }
  assert {
    condition     = !contains(google_cloud_run_v2_job.sync.template[0].template[0].containers[0].env[*].name, "MYSQL_PORT")
    error_message = "A socket has no port."
  }
  assert {
    condition     = google_cloud_run_v2_job.sync.template[0].template[0].volumes[0].cloud_sql_instance[0].instances[0] == "my-project:europe-west1:db" && google_cloud_run_v2_job.sync.template[0].template[0].containers[0].volume_mounts[0].mount_path == "/cloudsql"
    error_message = "The instance's volume must be mounted at /cloudsql."
  }
  assert {
    condition     = google_project_iam_member.cloud_sql["roles/cloudsql.client"].project == "my-project" && strcontains(google_project_iam_member.cloud_sql["roles/cloudsql.client"].condition[0].expression, "'projects/my-project/instances/db'")
    error_message = "cloudsql.client must be granted for the one instance only."
  }
}

run "private_network" {
  command = plan

  variables {
    vpc = { network = "main", subnetwork = "cloud-run", egress = "ALL_TRAFFIC" }
  }

  assert {
    condition     = google_cloud_run_v2_job.sync.template[0].template[0].vpc_access[0].egress == "ALL_TRAFFIC" && google_cloud_run_v2_job.sync.template[0].template[0].vpc_access[0].network_interfaces[0].subnetwork == "cloud-run"
    error_message = "The job must use the subnetwork."
  }
}

run "what_exists_is_used" {
  command = plan

  variables {
    mysql_password        = null
    mysql_password_secret = { secret = "projects/vault/secrets/mysql", version = "3" }
    mask                  = { "*.email" = "hmac" }
    mask_key_secret       = { secret = "projects/vault/secrets/mask-key", version = "2" }
    service_account_email = "runner@my-project.iam.gserviceaccount.com"
    create_dataset        = false
    bigquery_location     = null
    bigquery_project      = "warehouse"
    enable_apis           = false
  }

  assert {
    condition     = length(google_secret_manager_secret.this) + length(google_service_account.run) + length(google_bigquery_dataset.destination) + length(google_project_service.this) == 0
    error_message = "Nothing that exists may be created again."
  }
  assert {
    condition     = google_bigquery_dataset_iam_member.data_editor.project == "warehouse" && google_bigquery_dataset_iam_member.data_editor.member == "serviceAccount:runner@my-project.iam.gserviceaccount.com"
    error_message = "The existing account must get its role on the existing dataset."
  }
  assert {
    condition     = google_secret_manager_secret_iam_member.run["mysql-password"].secret_id == "projects/vault/secrets/mysql"
    error_message = "The account must be let into the existing secret."
  }
  assert {
    condition     = google_secret_manager_secret_iam_member.mask_key[0].secret_id == "projects/vault/secrets/mask-key"
    error_message = "The account must be let into the secret with the key of the masks."
  }
  assert {
    condition     = !contains(google_cloud_run_v2_job.sync.template[0].template[0].containers[0].env[*].name, "BIGQUERY_LOCATION")
    error_message = "Without a location the variable is left out."
  }
}

run "least_privilege" {
  command = plan

  assert {
    condition     = google_project_iam_custom_role.governed_tables[0].permissions == toset(["bigquery.rowAccessPolicies.list", "bigquery.tables.setCategory"]) && google_bigquery_dataset_iam_member.governed_tables.member == google_bigquery_dataset_iam_member.data_editor.member
    error_message = "The job may list row access policies and keep policy tags, and gets nothing more with it."
  }
  assert {
    condition     = google_project_iam_member.bigquery_job_user.role == "roles/bigquery.jobUser" && google_bigquery_dataset_iam_member.data_editor.role == "roles/bigquery.dataEditor" && google_secret_manager_secret_iam_member.run["mysql-password"].role == "roles/secretmanager.secretAccessor"
    error_message = "The job's account has exactly these roles."
  }
  assert {
    condition     = google_cloud_run_v2_job_iam_member.scheduler[0].role == "roles/run.jobsExecutor"
    error_message = "Without overrides the scheduler may only start the job."
  }
}

run "governed_tables" {
  command = plan

  variables {
    governed_tables_role = "organizations/12345/roles/governed_tables"
    taxonomies           = ["projects/governance/locations/eu/taxonomies/12345"]
  }

  assert {
    condition     = length(google_project_iam_custom_role.governed_tables) == 0 && google_bigquery_dataset_iam_member.governed_tables.role == "organizations/12345/roles/governed_tables"
    error_message = "A role that exists is used."
  }
  assert {
    condition     = google_data_catalog_taxonomy_iam_member.run["projects/governance/locations/eu/taxonomies/12345"].role == "roles/datacatalog.viewer" && contains(keys(google_project_service.this), "datacatalog.googleapis.com")
    error_message = "The job may read the taxonomy whose policy tags it sends again."
  }
}

run "operators" {
  command = plan

  variables {
    operators = ["group:data@example.com"]
  }

  assert {
    condition     = google_project_iam_member.operators_logs["group:data@example.com"].role == "roles/logging.viewer" && length(google_cloud_run_v2_job_iam_member.operators) == 2
    error_message = "Operators may run the job, and read the logs that every alert points to."
  }
}

run "registry_and_builder" {
  command = plan

  variables {
    create_registry      = true
    create_build_account = true
  }

  assert {
    condition     = output.image_repository == "europe-west1-docker.pkg.dev/my-project/mysql-bigquery-sync/mysql-bigquery-sync"
    error_message = "The image's name must be the repository's."
  }
  assert {
    condition     = strcontains(output.build_command, "_REPOSITORY=mysql-bigquery-sync")
    error_message = "The build command must say where to push."
  }
}

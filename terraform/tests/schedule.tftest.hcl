# Schedules, and the warning about schedules that may overlap.

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
  tables            = [{ name = "users" }, { name = "orders" }, { name = "items" }]

  # 3 tables, 2 at a time, 2 attempts of an hour: up to 4 hours.
  parallelism          = 2
  max_retries          = 1
  task_timeout_seconds = 3600
}

run "nightly" {
  command = plan

  assert {
    condition     = output.worst_case_minutes == 240
    error_message = "Two waves of two attempts of an hour are four hours."
  }
  assert {
    condition     = google_cloud_scheduler_job.sync["nightly"].http_target[0].uri == "https://run.googleapis.com/v2/projects/my-project/locations/europe-west1/jobs/mysql-bigquery-sync:run"
    error_message = "The schedule must call this job's run method."
  }
  assert {
    condition     = google_cloud_scheduler_job.sync["nightly"].http_target[0].body == null
    error_message = "Without overrides there is no body."
  }
}

run "overrides" {
  command = plan

  variables {
    schedules = [
      { name = "nightly", cron = "0 2 * * *", time_zone = "Europe/Berlin" },
      { name = "noon", cron = "0 12 * * MON-FRI", paused = true, environment = { TABLES = "orders" }, task_count = 1 },
    ]
  }

  assert {
    condition = jsondecode(base64decode(google_cloud_scheduler_job.sync["noon"].http_target[0].body)) == jsondecode(jsonencode({
      overrides = { taskCount = 1, containerOverrides = [{ env = [{ name = "TABLES", value = "orders" }] }] }
    }))
    error_message = "The body must be Cloud Run's overrides."
  }
  assert {
    condition     = google_cloud_scheduler_job.sync["noon"].paused && !google_cloud_scheduler_job.sync["nightly"].paused
    error_message = "Each schedule has its own switch."
  }
  assert {
    condition     = google_cloud_run_v2_job_iam_member.scheduler[0].role == "roles/run.jobsExecutorWithOverrides"
    error_message = "Overrides need the role that allows them."
  }
}

run "none" {
  command = plan

  variables {
    schedules = []
  }

  assert {
    condition     = length(google_cloud_scheduler_job.sync) == 0 && length(google_service_account.scheduler) == 0
    error_message = "Without schedules there is no account for them."
  }
}

run "every_six_hours_is_enough" {
  command = plan
  variables {
    schedules = [{ name = "often", cron = "15 */6 * * *" }]
  }
}

run "weekly_may_take_longer_than_a_day" {
  command = plan
  variables {
    schedules            = [{ name = "weekly", cron = "0 3 * * SUN" }]
    task_timeout_seconds = 36000
  }
}

run "one_table_every_hour_warns" {
  command = plan
  variables {
    tables    = [{ name = "users" }]
    schedules = [{ name = "hourly", cron = "0 * * * *" }]
  }
  expect_failures = [check.overlap]
}

run "every_four_hours_is_not" {
  command = plan
  variables {
    schedules = [{ name = "often", cron = "0 */4 * * *" }]
  }
  expect_failures = [check.overlap]
}

run "twice_in_a_night_is_not" {
  command = plan
  variables {
    schedules = [{ name = "twice", cron = "0 23,2 * * *" }]
  }
  expect_failures = [check.overlap]
}

run "every_minute_of_an_hour_is_not" {
  command = plan
  variables {
    schedules = [{ name = "range", cron = "10-20/5 3 * * *" }]
  }
  expect_failures = [check.overlap]
}

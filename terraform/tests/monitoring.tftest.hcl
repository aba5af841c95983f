# Metrics, alerts and the dashboard.

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
  name              = "shop-sync"
  mysql_host        = "db.example.com"
  mysql_user        = "sync"
  mysql_password    = "not a real one"
  mysql_database    = "shop"
  bigquery_dataset  = "shop"
  bigquery_location = "EU"
  tables            = [{ name = "users" }]
}

run "defaults" {
  command = plan

  assert {
    condition     = google_logging_metric.sync["table_failed"].name == "shop_sync_table_failed" && strcontains(google_logging_metric.sync["table_failed"].filter, "jsonPayload.event=\"table_failed\"")
    error_message = "A metric counts table_failed."
  }
  assert {
    condition     = google_logging_metric.sync["table_rows"].value_extractor == "EXTRACT(jsonPayload.rows)" && google_logging_metric.sync["table_rows"].label_extractors["table"] == "EXTRACT(jsonPayload.table)"
    error_message = "A metric takes rows, by table."
  }
  assert {
    condition     = toset(keys(google_monitoring_alert_policy.sync)) == toset(["execution_failed", "missing_run", "rows_dropped", "table_failed"])
    error_message = "There are four alerts."
  }
  assert {
    condition     = strcontains(google_monitoring_alert_policy.sync["missing_run"].conditions[0].condition_prometheus_query_language[0].query, "user_shop_sync_table_rows_count{monitored_resource=\"cloud_run_job\"}[26h])) or vector(0)) <= 0")
    error_message = "A day and two hours without a table that was replaced is an alert, whatever the executions say."
  }
  assert {
    condition     = strcontains(google_monitoring_alert_policy.sync["rows_dropped"].conditions[0].condition_prometheus_query_language[0].query, "< 0.5 *")
    error_message = "Half of the rows gone is an alert."
  }
  assert {
    condition     = alltrue([for p in google_monitoring_alert_policy.sync : length(p.conditions) == 1])
    error_message = "Cloud Monitoring takes one PromQL condition per policy."
  }
  assert {
    condition     = jsondecode(google_monitoring_dashboard.sync[0].dashboard_json).displayName == "shop-sync" && !can(regex("[$][{]", google_monitoring_dashboard.sync[0].dashboard_json))
    error_message = "The dashboard must be JSON with every placeholder filled."
  }
}

run "switched_off" {
  command = plan

  variables {
    alerts           = { execution_failed = false, table_failed = false, missing_run_hours = 0, shrink_percent = 0 }
    create_dashboard = false
  }

  assert {
    condition     = length(google_monitoring_alert_policy.sync) + length(google_monitoring_dashboard.sync) == 0
    error_message = "Everything can be switched off."
  }
}

run "channels" {
  command = plan

  variables {
    notification_channels = ["projects/my-project/notificationChannels/1234567890"]
  }

  assert {
    condition     = alltrue([for p in google_monitoring_alert_policy.sync : p.notification_channels == tolist(["projects/my-project/notificationChannels/1234567890"])])
    error_message = "Every alert goes to the channels."
  }
}

# Metrics from the job's logs, alerts and the dashboard.

locals {
  metric_prefix = replace(var.name, "-", "_")

  # Each metric comes from one event of the binary's logs and has the table as its label. It is a
  # counter, or the distribution of an integer field. The binary's tests compare their log lines with
  # tests/contract.json, which is made from this map.
  log_metrics = {
    table_failed        = { event = "table_failed", field = null, unit = "1", about = "Failed tables, one per table and attempt." }
    table_rows          = { event = "table_synced", field = "rows", unit = "1", about = "Rows of the replaced table." }
    table_previous_rows = { event = "table_synced", field = "previousRows", unit = "1", about = "Rows of the table before it was replaced." }
    table_milliseconds  = { event = "table_synced", field = "milliseconds", unit = "ms", about = "Time from the first row read to the table replaced." }
    table_bytes_read    = { event = "table_synced", field = "bytesRead", unit = "By", about = "Bytes read from MySQL." }
    table_bytes_sent    = { event = "table_synced", field = "bytesSent", unit = "By", about = "Bytes sent to BigQuery." }
  }
}

resource "google_logging_metric" "sync" {
  for_each = local.log_metrics

  project     = var.project_id
  name        = "${local.metric_prefix}_${each.key}"
  description = each.value.about

  filter = join(" AND ", concat(
    [
      "resource.type=\"cloud_run_job\"",
      "resource.labels.job_name=\"${var.name}\"",
      "resource.labels.location=\"${var.region}\"",
      "jsonPayload.event=\"${each.value.event}\"",
    ],
    each.value.field == null ? [] : ["jsonPayload.${each.value.field}>=0"],
  ))

  value_extractor  = each.value.field == null ? null : "EXTRACT(jsonPayload.${each.value.field})"
  label_extractors = { table = "EXTRACT(jsonPayload.table)" }

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = each.value.field == null ? "INT64" : "DISTRIBUTION"
    unit        = each.value.unit

    labels {
      key         = "table"
      value_type  = "STRING"
      description = "Source table."
    }
  }

  # Alerts and the dashboard use the sum, which is exact. The buckets only have to be wide enough.
  dynamic "bucket_options" {
    for_each = each.value.field == null ? [] : ["powers of two, 1 to 2^63"]
    content {
      exponential_buckets {
        num_finite_buckets = 63
        growth_factor      = 2
        scale              = 1
      }
    }
  }

  depends_on = [time_sleep.apis]
}

# Alerts use PromQL, for three reasons: the older absence condition covers at most 23.5 hours, too
# short for a nightly job; it does not fire for a job that never succeeded; and only PromQL
# conditions can turn off validation, which refuses a metric that was just created.
# Cloud Monitoring allows one PromQL condition per policy.

locals {
  executions = "run_googleapis_com:job_completed_execution_count{monitored_resource=\"cloud_run_job\",job_name=\"${var.name}\",location=\"${var.region}\""
  per_table = {
    for key in keys(local.log_metrics) :
    key => "logging_googleapis_com:user_${local.metric_prefix}_${key}"
  }

  # One hour is longer than the delay of logs and metrics, and shorter than the time between two
  # runs: an incident that is still open does not notify again.
  alerts = merge(
    !var.alerts.execution_failed ? {} : {
      execution_failed = {
        title    = "an execution failed"
        severity = "ERROR"
        interval = "300s"
        query    = "sum(increase(${local.executions},result=\"failed\"}[1h])) > 0"
        text     = "At least one task failed after all its attempts. Tables of other tasks are not affected. A failed table still has the rows of the previous run."
      }
    },
    var.alerts.missing_run_hours == 0 ? {} : {
      missing_run = {
        title    = "no table was replaced for ${var.alerts.missing_run_hours} hours"
        severity = "CRITICAL"
        interval = "600s"
        # The binary's own line. An execution can succeed and copy nothing: with the placeholder image, or if no table matches.
        # vector(0) stands for a metric that was never written.
        query = "(sum(increase(${local.per_table.table_rows}_count{monitored_resource=\"cloud_run_job\"}[${var.alerts.missing_run_hours}h])) or vector(0)) <= 0"
        text  = "Executions fail, none are started, or they copy nothing: look at the executions first, then at the schedule (paused? its account removed?), then at the job's image and its variable TABLES."
      }
    },
    !var.alerts.table_failed ? {} : {
      table_failed = {
        title    = "a table failed"
        severity = "WARNING"
        interval = "300s"
        query    = "sum by (table) (increase(${local.per_table.table_failed}{monitored_resource=\"cloud_run_job\"}[1h])) > 0"
        text     = "The label `table` says which one. A later attempt may have replaced it since. If not, the failed execution is reported too."
      }
    },
    var.alerts.shrink_percent == 0 ? {} : {
      rows_dropped = {
        title    = "a table lost more than ${var.alerts.shrink_percent} % of its rows"
        severity = "WARNING"
        interval = "300s"
        # Both numbers come from the same log line, so the two sides cover the same runs.
        query = "sum by (table) (increase(${local.per_table.table_rows}_sum{monitored_resource=\"cloud_run_job\"}[1h])) < ${(100 - var.alerts.shrink_percent) / 100} * sum by (table) (increase(${local.per_table.table_previous_rows}_sum{monitored_resource=\"cloud_run_job\"}[1h]))"
        text  = "The label `table` says which one. The table has already been replaced; BigQuery's time travel has the previous rows for 7 days."
      }
    },
  )
}

resource "google_monitoring_alert_policy" "sync" {
  for_each = local.alerts

  project               = var.project_id
  display_name          = "${var.name}: ${each.value.title}"
  combiner              = "OR" # required, although there is only one condition
  severity              = each.value.severity
  notification_channels = var.notification_channels
  user_labels           = var.labels

  conditions {
    display_name = each.value.title
    condition_prometheus_query_language {
      query                     = each.value.query
      duration                  = "0s"
      evaluation_interval       = each.value.interval
      disable_metric_validation = true
    }
  }

  alert_strategy {
    auto_close = "1800s" # the shortest possible, so that tomorrow's failure is a new incident
  }

  documentation {
    mime_type = "text/markdown"
    content   = "${each.value.text}\n\n```\n${local.logs_command}\n```"
  }

  depends_on = [google_logging_metric.sync]
}

resource "google_monitoring_dashboard" "sync" {
  count = var.create_dashboard ? 1 : 0

  project = var.project_id
  dashboard_json = templatefile("${path.module}/dashboard.json.tftpl", {
    project = var.project_id
    region  = var.region
    name    = var.name
    prefix  = local.metric_prefix
  })

  depends_on = [google_logging_metric.sync]
}

# Cloud Scheduler calls the job's :run method. It is done when the run is accepted: it neither
# waits for the execution nor keeps two from overlapping. Overlap is harmless, because the binary's
# lock lets only one execution copy a table, so the check at the end of this file only warns.

locals {
  schedules      = { for s in var.schedules : s.name => s }
  overrides_used = anytrue([for s in var.schedules : length(s.environment) > 0 || s.task_count != null])

  # What a schedule overrides for its executions; null overrides nothing.
  schedule_overrides = {
    for name, s in local.schedules : name => length(s.environment) == 0 && s.task_count == null ? null : jsonencode({
      overrides = merge(
        s.task_count == null ? {} : { taskCount = s.task_count },
        length(s.environment) == 0 ? {} : {
          containerOverrides = [{ env = [for k, v in s.environment : { name = k, value = v }] }]
        },
      )
    })
  }

  # The shortest time between two starts of a schedule, computed from its cron fields. Minutes and
  # hours ("5", "8-18", "*/6", lists of these) are expanded into minutes of the day.
  cron = { for name, s in local.schedules : name => split(" ", s.cron) }
  cron_values = {
    for name, fields in local.cron : name => [
      for i, last in [59, 23] : flatten([
        for part in [
          for text in split(",", fields[i]) :
          try(regex("^(?:\\*|(?P<from>[0-9]+)(?:-(?P<to>[0-9]+))?)(?:/(?P<step>[1-9][0-9]*))?$", text), { from = "0", to = null, step = null })
          ] : range(
          tonumber(coalesce(part.from, "0")),
          1 + tonumber(part.to != null ? part.to : part.from == null || part.step != null ? last : part.from),
          tonumber(coalesce(part.step, "1")),
        )
      ])
    ]
  }
  cron_starts = {
    for name, values in local.cron_values : name => [
      for text in sort(distinct(flatten([for h in values[1] : [for m in values[0] : format("%04d", h * 60 + m)]]))) : tonumber(text)
    ]
  }
  # How many days after the last start of a day the next one can be: 7 with a single day of the week,
  # 28 with a single day of the month, otherwise 1.
  cron_days = {
    for name, fields in local.cron : name =>
    can(regex("^[0-9A-Za-z]+$", fields[4])) && fields[2] == "*" ? 7 :
    can(regex("^[0-9]+$", fields[2])) && fields[4] == "*" ? 28 : 1
  }
  interval_minutes = {
    for name, starts in local.cron_starts : name => min([
      for i, start in starts :
      i + 1 < length(starts) ? starts[i + 1] - start : local.cron_days[name] * 1440 - start + starts[0]
    ]...)
  }

  # The longest possible execution of this schedule, which may have its own number of tasks.
  schedule_worst_case_minutes = {
    for name, s in local.schedules : name => s.task_count == null || local.parallelism == 0 ? local.worst_case_minutes :
    ceil(ceil(s.task_count / local.parallelism) * (var.max_retries + 1) * var.task_timeout_seconds / 60)
  }

  may_overlap = sort([for name in keys(local.schedules) : name if local.schedule_worst_case_minutes[name] >= local.interval_minutes[name]])
}

resource "google_cloud_scheduler_job" "sync" {
  for_each = local.schedules

  project     = var.project_id
  region      = coalesce(var.scheduler_region, var.region)
  name        = "${var.name}-${each.key}"
  description = "Runs the Cloud Run job ${var.name}."
  schedule    = each.value.cron
  time_zone   = each.value.time_zone
  paused      = each.value.paused

  # How long Cloud Run may take to accept the run, not how long the run may take.
  attempt_deadline = "60s"

  retry_config {
    retry_count          = 3
    min_backoff_duration = "30s"
    max_backoff_duration = "300s"
  }

  http_target {
    http_method = "POST"
    uri         = "https://run.googleapis.com/v2/projects/${var.project_id}/locations/${var.region}/jobs/${google_cloud_run_v2_job.sync.name}:run"
    headers     = local.schedule_overrides[each.key] == null ? null : { "Content-Type" = "application/json" }
    body        = local.schedule_overrides[each.key] == null ? null : base64encode(local.schedule_overrides[each.key])

    oauth_token {
      service_account_email = google_service_account.scheduler[0].email
      scope                 = "https://www.googleapis.com/auth/cloud-platform"
    }
  }

  depends_on = [google_cloud_run_v2_job_iam_member.scheduler]
}

# The worst case is a bound that hardly any execution comes near, so this warns and does not refuse.
check "overlap" {
  assert {
    condition = length(local.may_overlap) == 0
    error_message = join("\n", [for name in local.may_overlap :
      "Schedule ${name} (${local.schedules[name].cron}) starts every ${local.interval_minutes[name]} minutes, and an execution may last ${local.schedule_worst_case_minutes[name]} minutes if every attempt of every task times out. Two executions would then overlap: only one of them copies a table, and the other one's task fails. To rule it out, lower task_timeout_seconds or max_retries, or raise parallelism if there are more tasks than that."
    ])
  }
}

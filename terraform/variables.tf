# Where

variable "project_id" {
  description = "Project of the job, its schedule, secret and alerts."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "project_id must be a project's id (6 to 30 lower-case letters, digits and hyphens), not its name or number."
  }
}

variable "region" {
  description = "Region of the job. Near the database: rows travel from there."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "region must be a region such as europe-west1, not a zone or a multi-region."
  }
}

variable "name" {
  description = "Name of the job and the beginning of the name of everything beside it."
  type        = string
  default     = "mysql-bigquery-sync"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,47}[a-z0-9]$", var.name))
    error_message = "name must be 2 to 49 lower-case letters, digits and hyphens, beginning with a letter and not ending with a hyphen."
  }
}

variable "labels" {
  description = "Labels for every resource that takes them."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for k, v in var.labels : can(regex("^[a-z][a-z0-9_-]{0,62}$", k)) && can(regex("^[a-z0-9_-]{0,63}$", v))])
    error_message = "labels must have keys of lower-case letters, digits, _ and - (a letter first, at most 63) and values of the same, or empty."
  }
}

variable "deletion_protection" {
  description = "Refuse to destroy the job. The job has no data. If its creation fails half way, Terraform replaces it at the next apply, which the protection would refuse: set it to true after the first apply, if at all."
  type        = bool
  default     = false
}

variable "enable_apis" {
  description = "Switch on the APIs that are needed. Set to false where another configuration owns them."
  type        = bool
  default     = true
}

# MySQL

variable "mysql_host" {
  description = "Host name or address of the server. Leave out to use the socket of cloud_sql_instance."
  type        = string
  default     = null

  validation {
    condition     = var.mysql_iam_auth || (var.mysql_host == null) != (var.cloud_sql_instance == null)
    error_message = "Set exactly one of mysql_host (a server reached by network) and cloud_sql_instance (Cloud SQL by its socket)."
  }
  validation {
    condition     = var.mysql_host == null || can(regex("^[A-Za-z0-9._:-]+$", var.mysql_host))
    error_message = "mysql_host must be a host name or an address, without a scheme, a port or a path."
  }
}

variable "mysql_port" {
  description = "TCP port of the server."
  type        = number
  default     = 3306

  validation {
    condition     = var.mysql_port >= 1 && var.mysql_port <= 65535 && floor(var.mysql_port) == var.mysql_port
    error_message = "mysql_port must be a whole number from 1 to 65535."
  }
}

variable "cloud_sql_instance" {
  description = "Connection name (project:region:instance) of a Cloud SQL instance to reach by its socket. With mysql_iam_auth and mysql_host, the instance that has the address."
  type        = string
  default     = null

  validation {
    condition     = var.cloud_sql_instance == null || can(regex("^([a-z0-9.-]+:)?[a-z][a-z0-9-]+:[a-z0-9-]+:[a-z][a-z0-9-]*$", var.cloud_sql_instance))
    error_message = "cloud_sql_instance must be a connection name, project:region:instance, as shown by `gcloud sql instances describe`."
  }
  validation {
    condition     = var.cloud_sql_instance != null || !var.mysql_iam_auth
    error_message = "mysql_iam_auth is a login of Cloud SQL: set cloud_sql_instance, also if mysql_host is its address."
  }
}

variable "mysql_user" {
  description = "User to read with. It needs SELECT on the tables and nothing else. Leave out with mysql_iam_auth."
  type        = string
  default     = null

  validation {
    condition     = (var.mysql_user == null) == var.mysql_iam_auth
    error_message = "Set mysql_user, or mysql_iam_auth = true, which logs in as the job's own account."
  }
  validation {
    condition     = var.mysql_user == null || try(length(var.mysql_user) >= 1 && length(var.mysql_user) <= 80, false)
    error_message = "mysql_user must have 1 to 80 characters (MySQL takes 32, MariaDB 80)."
  }
}

variable "mysql_iam_auth" {
  description = "Log in to Cloud SQL as the job's service account, with an access token instead of a password. Needs cloud_sql_instance with the flag cloudsql_iam_authentication, and a user of the type CLOUD_IAM_SERVICE_ACCOUNT."
  type        = bool
  default     = false
}

variable "mysql_database" {
  description = "Database (schema) that the tables are in."
  type        = string

  validation {
    condition     = length(var.mysql_database) >= 1 && length(var.mysql_database) <= 64
    error_message = "mysql_database must have 1 to 64 characters."
  }
}

variable "mysql_ssl_mode" {
  description = "DISABLED, PREFERRED, REQUIRED, VERIFY_CA or VERIFY_IDENTITY, as in MySQL's own client. If left out, REQUIRED; on the socket, which Cloud SQL encrypts, PREFERRED. Use VERIFY_IDENTITY or VERIFY_CA across networks that are not yours."
  type        = string
  default     = null

  validation {
    condition     = var.mysql_ssl_mode == null || try(contains(["DISABLED", "PREFERRED", "REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY"], var.mysql_ssl_mode), false)
    error_message = "mysql_ssl_mode must be DISABLED, PREFERRED, REQUIRED, VERIFY_CA or VERIFY_IDENTITY."
  }
  validation {
    condition     = !var.mysql_iam_auth || var.mysql_host == null || try(contains(["REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY"], coalesce(var.mysql_ssl_mode, "REQUIRED")), false)
    error_message = "mysql_iam_auth sends an access token: mysql_ssl_mode must be REQUIRED, VERIFY_CA or VERIFY_IDENTITY."
  }
  validation {
    condition     = var.mysql_ssl_cert == null || try(coalesce(var.mysql_ssl_mode, "REQUIRED") != "DISABLED", false)
    error_message = "mysql_ssl_cert is shown on an encrypted connection only: mysql_ssl_mode must not be DISABLED."
  }
}

variable "mysql_ssl_ca" {
  description = "The server's CA certificate as PEM text, e.g. file(\"server-ca.pem\"). A certificate is no secret."
  type        = string
  default     = null

  validation {
    condition     = var.mysql_ssl_ca == null || can(regex("-----BEGIN CERTIFICATE-----", var.mysql_ssl_ca))
    error_message = "mysql_ssl_ca must be PEM text that has a certificate in it, e.g. file(\"server-ca.pem\")."
  }
  validation {
    condition     = length(coalesce(var.mysql_ssl_ca, "-")) <= 32768
    error_message = "mysql_ssl_ca is longer than the 32,768 characters that Cloud Run takes in one variable. Give only the CA that signed the server's certificate: for Amazon RDS the bundle of the region, not global-bundle.pem."
  }
}

variable "mysql_ssl_cert" {
  description = "A client certificate as PEM text, for a user with REQUIRE X509 or an instance that takes trusted client certificates only. Its key is mysql_ssl_key. A certificate is no secret."
  type        = string
  default     = null

  validation {
    condition     = var.mysql_ssl_cert == null || can(regex("-----BEGIN CERTIFICATE-----", var.mysql_ssl_cert))
    error_message = "mysql_ssl_cert must be PEM text that has a certificate in it, e.g. file(\"client-cert.pem\")."
  }
  validation {
    condition     = length(coalesce(var.mysql_ssl_cert, "-")) <= 32768
    error_message = "mysql_ssl_cert is longer than the 32,768 characters that Cloud Run takes in one variable."
  }
}

variable "mysql_ssl_key" {
  description = "The private key of mysql_ssl_cert as PEM text: best given as TF_VAR_mysql_ssl_key. Written to Secret Manager and never to the state or a plan; every plan needs it. Leave out with mysql_ssl_key_secret."
  type        = string
  default     = null
  sensitive   = true
  ephemeral   = true

  validation {
    condition     = var.mysql_ssl_cert == null ? var.mysql_ssl_key == null : (var.mysql_ssl_key == null) != (var.mysql_ssl_key_secret == null)
    error_message = "With mysql_ssl_cert, set exactly one of mysql_ssl_key (export TF_VAR_mysql_ssl_key) and mysql_ssl_key_secret (a secret that exists); without it, neither."
  }
  validation {
    condition     = var.mysql_ssl_key == null || can(regex("-----BEGIN [A-Z ]*PRIVATE KEY-----", var.mysql_ssl_key))
    error_message = "mysql_ssl_key must be PEM text that has a private key in it."
  }
}

variable "mysql_ssl_key_version" {
  description = "Raise by one together with a new mysql_ssl_key, as with mysql_password_version."
  type        = number
  default     = 1

  validation {
    condition     = var.mysql_ssl_key_version >= 1 && floor(var.mysql_ssl_key_version) == var.mysql_ssl_key_version
    error_message = "mysql_ssl_key_version must be 1, 2, 3 …"
  }
}

variable "mysql_ssl_key_secret" {
  description = "A secret that exists, instead of mysql_ssl_key: its id (or projects/…/secrets/…) and the version to use."
  type = object({
    secret  = string
    version = string
  })
  default = null

  validation {
    condition     = var.mysql_ssl_key_secret == null || var.mysql_ssl_cert != null
    error_message = "mysql_ssl_key_secret is the key of mysql_ssl_cert: set both."
  }
  validation {
    condition     = var.mysql_ssl_key_secret == null || can(regex("^(projects/[^/]+/secrets/)?[A-Za-z0-9_-]{1,255}$", var.mysql_ssl_key_secret.secret))
    error_message = "mysql_ssl_key_secret.secret must be a secret's id, or projects/PROJECT/secrets/ID for one in another project."
  }
  validation {
    condition     = var.mysql_ssl_key_secret == null || can(regex("^([1-9][0-9]*|latest)$", var.mysql_ssl_key_secret.version))
    error_message = "mysql_ssl_key_secret.version must be a version number or \"latest\"."
  }
}

variable "mysql_stall_seconds" {
  description = "How long MySQL may send nothing before a table begins again; null for the binary's default, 600."
  type        = number
  default     = null

  validation {
    condition     = var.mysql_stall_seconds == null || try(var.mysql_stall_seconds >= 1 && floor(var.mysql_stall_seconds) == var.mysql_stall_seconds, false)
    error_message = "mysql_stall_seconds must be a whole number from 1."
  }
}

variable "mysql_password" {
  description = "The user's password: best given as TF_VAR_mysql_password. Written to Secret Manager and never to the state or a plan; every plan needs it. Leave out with mysql_password_secret or mysql_iam_auth."
  type        = string
  default     = null
  sensitive   = true
  ephemeral   = true

  validation {
    condition     = length([for is_set in [var.mysql_password != null, var.mysql_password_secret != null, var.mysql_iam_auth] : is_set if is_set]) == 1
    error_message = "Set exactly one of mysql_password (export TF_VAR_mysql_password), mysql_password_secret (a secret that exists) and mysql_iam_auth = true."
  }
  validation {
    condition     = var.mysql_password != ""
    error_message = "mysql_password must not be empty: a user without a password has no place in a nightly job."
  }
}

variable "mysql_password_version" {
  description = "Raise by one together with a new mysql_password: that is what makes a new secret version, since Terraform remembers nothing of the password itself."
  type        = number
  default     = 1

  validation {
    condition     = var.mysql_password_version >= 1 && floor(var.mysql_password_version) == var.mysql_password_version
    error_message = "mysql_password_version must be 1, 2, 3 …"
  }
}

variable "mysql_password_secret" {
  description = "A secret that exists, instead of mysql_password: its id (or projects/…/secrets/…) and the version to use."
  type = object({
    secret  = string
    version = string
  })
  default = null

  validation {
    condition     = var.mysql_password_secret == null || can(regex("^(projects/[^/]+/secrets/)?[A-Za-z0-9_-]{1,255}$", var.mysql_password_secret.secret))
    error_message = "mysql_password_secret.secret must be a secret's id, or projects/PROJECT/secrets/ID for one in another project."
  }
  validation {
    condition     = var.mysql_password_secret == null || can(regex("^([1-9][0-9]*|latest)$", var.mysql_password_secret.version))
    error_message = "mysql_password_secret.version must be a version number (better: a rotation then shows in the plan) or \"latest\"."
  }
}

variable "secret_locations" {
  description = "Regions to keep the password in. Empty lets Google choose, which some organizations' policies forbid."
  type        = list(string)
  default     = []
}

variable "vpc" {
  description = "Direct VPC egress, for a server with a private address: network and subnetwork (a /26 or larger, in the same region), egress PRIVATE_RANGES_ONLY or ALL_TRAFFIC (through Cloud NAT, for a fixed outgoing address)."
  type = object({
    network    = optional(string)
    subnetwork = optional(string)
    egress     = optional(string, "PRIVATE_RANGES_ONLY")
    tags       = optional(list(string), [])
  })
  default = null

  validation {
    condition     = var.vpc == null || try(var.vpc.network, null) != null || try(var.vpc.subnetwork, null) != null
    error_message = "vpc needs a network, a subnetwork or both."
  }
  validation {
    condition     = contains(["PRIVATE_RANGES_ONLY", "ALL_TRAFFIC"], try(var.vpc.egress, "PRIVATE_RANGES_ONLY"))
    error_message = "vpc.egress must be PRIVATE_RANGES_ONLY or ALL_TRAFFIC."
  }
}

# BigQuery

variable "bigquery_project" {
  description = "Project of the dataset and of the load jobs; project_id if left out."
  type        = string
  default     = null
}

variable "bigquery_dataset" {
  description = "Dataset that receives the tables."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_]+$", var.bigquery_dataset)) && length(var.bigquery_dataset) <= 1024
    error_message = "bigquery_dataset must be letters, digits and underscores only (no project, no hyphens)."
  }
}

variable "bigquery_location" {
  description = "Location of the dataset (EU, US, europe-west1 …). May be left out with create_dataset = false: the dataset then says it."
  type        = string
  default     = null

  validation {
    condition     = var.bigquery_location != null || !var.create_dataset
    error_message = "bigquery_location is needed to create the dataset; it can never be changed afterwards."
  }
  validation {
    condition     = var.bigquery_location == null || can(regex("^[A-Za-z0-9-]{2,}$", var.bigquery_location))
    error_message = "bigquery_location must be a location such as EU, US or europe-west1."
  }
}

variable "create_dataset" {
  description = "Create the dataset; false uses one that exists and only grants access to it."
  type        = bool
  default     = true
}

variable "governed_tables_role" {
  description = "Role that the job gets on the dataset beside dataEditor, with bigquery.rowAccessPolicies.list and bigquery.tables.setCategory, for tables with row access policies or policy tags. Without it the module makes a custom role with these two permissions, which takes roles/iam.roleAdmin. roles/bigquery.dataOwner has them, too, and far more."
  type        = string
  default     = null

  validation {
    condition     = var.governed_tables_role == null || can(regex("^(projects/[^/]+/|organizations/[0-9]+/)?roles/[a-zA-Z0-9_.]+$", var.governed_tables_role))
    error_message = "governed_tables_role is a role's full name, such as projects/my-project/roles/governed_tables or roles/bigquery.dataOwner."
  }
}

variable "taxonomies" {
  description = "Taxonomies whose policy tags the tables carry, projects/PROJECT/locations/LOCATION/taxonomies/NUMBER. The job may read them, as it must to keep the tags of a column."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for t in var.taxonomies : can(regex("^projects/[^/]+/locations/[^/]+/taxonomies/[0-9]+$", t))])
    error_message = "taxonomies must be like projects/PROJECT/locations/LOCATION/taxonomies/NUMBER (`gcloud data-catalog taxonomies list`)."
  }
}

# What is copied, and how

variable "tables" {
  description = "Tables in order, each a name or a pattern (shop_*, !tmp_*), with options where they are needed. One task each, unless task_count says otherwise."
  type = list(object({
    name        = string           # in MySQL
    destination = optional(string) # in BigQuery, if it is to be another
    where       = optional(string) # SQL condition: only these rows
    columns = optional(object({
      include = optional(list(string))
      exclude = optional(list(string))
      approve = optional(list(string)) # new columns to copy with new_columns = "hold"
    }))
    types              = optional(map(string)) # columns and their types in BigQuery, such as { duration = "STRING" }
    mask               = optional(map(string)) # columns and their masks, such as { email = "hmac", card = "drop" }
    read_connections   = optional(number)      # instead of the variable of that name
    max_shrink_percent = optional(number)      # instead of the variable of that name
    partition_by = optional(object({           # of a new table
      column      = string
      granularity = optional(string) # HOUR, DAY (the default), MONTH, YEAR
      range = optional(object({      # instead of a granularity, for integers
        start    = number
        end      = number
        interval = number
      }))
    }))
    cluster_by = optional(list(string)) # of a new table, at most 4 columns
  }))

  validation {
    condition     = length(var.tables) > 0
    error_message = "tables must name at least one table; [{ name = \"*\" }] takes them all."
  }
  validation {
    condition     = alltrue([for t in var.tables : length(trimspace(t.name)) > 0 && length(t.name) <= 65])
    error_message = "Every table needs a name of at most 64 characters."
  }
  validation {
    condition     = length(distinct([for t in var.tables : coalesce(t.destination, t.name)])) == length(var.tables)
    error_message = "Two entries of tables have the same destination: leave one out, or give it another destination."
  }
  validation {
    condition     = alltrue([for t in var.tables : !can(regex("[*?]|^!", t.name)) || (t.destination == null && t.where == null && t.columns == null && t.types == null && t.mask == null && t.read_connections == null && t.max_shrink_percent == null && t.partition_by == null && t.cluster_by == null)])
    error_message = "A pattern (with * or ?, or ! at the beginning) takes no options: name the tables that need them."
  }
}

variable "table_concurrency" {
  description = "Tables that one task reads at a time. Waiting for BigQuery does not count."
  type        = number
  default     = 1

  validation {
    condition     = var.table_concurrency >= 1 && var.table_concurrency <= 64 && floor(var.table_concurrency) == var.table_concurrency
    error_message = "table_concurrency must be a whole number from 1 to 64."
  }
}

variable "read_connections" {
  description = "Connections that read one table, by ranges of its primary key; a table of tables may have its own number."
  type        = number
  default     = 1

  validation {
    condition     = var.read_connections >= 1 && var.read_connections <= 64 && floor(var.read_connections) == var.read_connections
    error_message = "read_connections must be a whole number from 1 to 64."
  }
}

variable "snapshot" {
  description = "What several connections of one table see: shared (the same rows; needs the privilege LOCK TABLES) or per_connection (each its own snapshot)."
  type        = string
  default     = null

  validation {
    condition     = var.snapshot == null || contains(["shared", "per_connection"], coalesce(var.snapshot, "shared"))
    error_message = "snapshot must be shared or per_connection."
  }
}

variable "max_rows_per_second" {
  description = "How many rows a task reads in a second at most. Not set: as many as MySQL sends."
  type        = number
  default     = null

  validation {
    condition     = var.max_rows_per_second == null || try(var.max_rows_per_second >= 1 && floor(var.max_rows_per_second) == var.max_rows_per_second, false)
    error_message = "max_rows_per_second must be a whole number from 1."
  }
}

variable "max_mb_per_second" {
  description = "How many megabytes of values a task reads in a second at most. Not set: as many as MySQL sends."
  type        = number
  default     = null

  validation {
    condition     = var.max_mb_per_second == null || try(var.max_mb_per_second > 0, false)
    error_message = "max_mb_per_second must be a number above 0."
  }
}

variable "avro_codec" {
  description = "How the uploaded files are compressed: zstd (the default: as much as there is time for), zstd:LEVEL (-7 to 19), snappy, deflate, deflate:LEVEL (1 to 9) or null."
  type        = string
  default     = null

  validation {
    condition     = var.avro_codec == null || can(regex("^(zstd(:-?[1-9][0-9]?)?|snappy|deflate(:[1-9])?|null)$", var.avro_codec))
    error_message = "avro_codec must be zstd, zstd:LEVEL, snappy, deflate, deflate:LEVEL or null (as text)."
  }
}

variable "max_shrink_percent" {
  description = "Refuse to replace a table by one that has lost more than this percentage of its rows; a table of tables may have its own. Not set: nothing is refused."
  type        = number
  default     = null

  validation {
    condition     = var.max_shrink_percent == null || try(var.max_shrink_percent >= 0 && var.max_shrink_percent <= 100 && floor(var.max_shrink_percent) == var.max_shrink_percent, false)
    error_message = "max_shrink_percent must be a whole number from 0 to 100."
  }
}

variable "mask" {
  description = "Masks for columns of all tables: patterns TABLE.COLUMN with hmac, last4, null, drop or year, such as { \"*.password*\" = \"drop\" }."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for pattern, mask in var.mask : can(regex("^.+[.].+$", pattern)) && contains(["hmac", "last4", "null", "drop", "year"], mask)])
    error_message = "mask must have patterns TABLE.COLUMN as keys and hmac, last4, null, drop or year as values."
  }
}

variable "new_columns" {
  description = "Columns that an existing table in BigQuery does not have: copy, or hold (left out until an option of the table names them)."
  type        = string
  default     = null

  validation {
    condition     = var.new_columns == null || try(contains(["copy", "hold"], var.new_columns), false)
    error_message = "new_columns must be copy or hold, or left out for the binary's default."
  }
}

variable "mask_key_secret" {
  description = "A secret that exists with the key of the mask hmac, at least 16 bytes: its id (or projects/…/secrets/…) and the version to use."
  type = object({
    secret  = string
    version = string
  })
  default = null

  validation {
    condition     = var.mask_key_secret != null || !contains(concat(values(var.mask), flatten([for t in var.tables : values(coalesce(t.mask, {}))])), "hmac")
    error_message = "The mask hmac needs mask_key_secret: a secret with the key."
  }
  validation {
    condition     = var.mask_key_secret == null || can(regex("^(projects/[^/]+/secrets/)?[A-Za-z0-9_-]{1,255}$", var.mask_key_secret.secret))
    error_message = "mask_key_secret.secret must be a secret's id, or projects/PROJECT/secrets/ID for one in another project."
  }
  validation {
    condition     = var.mask_key_secret == null || can(regex("^([1-9][0-9]*|latest)$", var.mask_key_secret.version))
    error_message = "mask_key_secret.version must be a version number or \"latest\"."
  }
}

variable "zero_dates" {
  description = "What becomes of 0000-00-00 and dates with a zero in them: null or error."
  type        = string
  default     = null

  validation {
    condition     = var.zero_dates == null || try(contains(["null", "error"], var.zero_dates), false)
    error_message = "zero_dates must be \"null\" or \"error\" (in quotes), or left out for the binary's default."
  }
}

variable "invalid_values" {
  description = "What becomes of values that the BigQuery type cannot hold: error or null."
  type        = string
  default     = null

  validation {
    condition     = var.invalid_values == null || try(contains(["null", "error"], var.invalid_values), false)
    error_message = "invalid_values must be \"error\" or \"null\" (in quotes), or left out for the binary's default."
  }
}

variable "log_level" {
  description = "error, warn, info, debug or trace."
  type        = string
  default     = "info"

  validation {
    condition     = contains(["error", "warn", "info", "debug", "trace"], var.log_level)
    error_message = "log_level must be error, warn, info, debug or trace."
  }
}

variable "log_format" {
  description = "json or text. Alerts and dashboard read the JSON."
  type        = string
  default     = "json"

  validation {
    condition     = contains(["json", "text"], var.log_format)
    error_message = "log_format must be json or text."
  }
}

# The job's size

variable "image" {
  description = "Image at creation; afterwards Cloud Build sets it and Terraform leaves it alone. The default is Google's sample, which does nothing and succeeds."
  type        = string
  default     = "us-docker.pkg.dev/cloudrun/container/job:latest"
}

variable "task_count" {
  description = "Tasks of an execution; the number of entries in tables if left out. Set it when a pattern stands for many tables."
  type        = number
  default     = null

  validation {
    condition     = coalesce(var.task_count, 1) >= 1 && coalesce(var.task_count, 1) <= 10000
    error_message = "task_count must be from 1 to 10,000, Cloud Run's limit."
  }
}

variable "parallelism" {
  description = "Tasks at a time: with table_concurrency, the number of connections that read from MySQL at once. 0 is as many as Cloud Run gives."
  type        = number
  default     = 4

  validation {
    condition     = var.parallelism >= 0 && floor(var.parallelism) == var.parallelism
    error_message = "parallelism must be 0 (no limit) or a whole number of tasks."
  }
}

variable "max_retries" {
  description = "Further attempts of a failed task. A retried task redoes only the tables that are missing."
  type        = number
  default     = 1

  validation {
    condition     = var.max_retries >= 0 && var.max_retries <= 10
    error_message = "max_retries must be from 0 to 10."
  }
}

variable "task_timeout_seconds" {
  description = "Time for one attempt of one task, all its tables together."
  type        = number
  default     = 3600

  validation {
    condition     = var.task_timeout_seconds >= 60 && var.task_timeout_seconds <= 604800
    error_message = "task_timeout_seconds must be from 60 to 604,800 (7 days, Cloud Run's limit)."
  }
}

variable "cpu" {
  description = "vCPUs of a task."
  type        = string
  default     = "1"

  validation {
    condition     = contains(["1", "2", "4", "8"], var.cpu)
    error_message = "cpu must be \"1\", \"2\", \"4\" or \"8\"."
  }
}

variable "memory" {
  description = "Memory of a task. 512Mi is enough for tables of any size; it is also the least that Cloud Run gives."
  type        = string
  default     = "512Mi"

  validation {
    condition     = can(regex("^[1-9][0-9]*(Mi|Gi)$", var.memory))
    error_message = "memory must be like 512Mi or 2Gi."
  }
  validation {
    condition     = try(tonumber(regex("^[0-9]+", var.memory)) * (endswith(var.memory, "Gi") ? 1024 : 1), 512) >= lookup({ "4" = 2048, "8" = 4096 }, var.cpu, 512)
    error_message = "memory is less than Cloud Run allows for this cpu: at least 512Mi, 2Gi with 4 vCPUs, 4Gi with 8."
  }
}

variable "service_account_email" {
  description = "A service account that exists, for the job to run as; created if left out. It gets its roles either way."
  type        = string
  default     = null
}

variable "service_account_prefix" {
  description = "Beginning of the names of the service accounts; name if left out. -run, -cron and -build are appended, and 30 characters are all that Google allows."
  type        = string
  default     = null
}

# When

variable "schedules" {
  description = "When it runs. environment overrides the job's variables for that schedule, e.g. { TABLES = \"orders\" }; task_count goes with it."
  type = list(object({
    name        = string
    cron        = string
    time_zone   = optional(string, "Etc/UTC")
    paused      = optional(bool, false)
    environment = optional(map(string), {})
    task_count  = optional(number)
  }))
  default = [{ name = "nightly", cron = "0 3 * * *" }]

  validation {
    condition     = length(distinct(var.schedules[*].name)) == length(var.schedules)
    error_message = "Every schedule needs a name of its own."
  }
  validation {
    condition     = alltrue([for s in var.schedules : can(regex("^[a-z][a-z0-9-]{0,30}$", s.name))])
    error_message = "A schedule's name must be lower-case letters, digits and hyphens, a letter first, at most 31."
  }
  validation {
    condition     = alltrue([for s in var.schedules : can(regex("^[0-9*,/-]+ [0-9*,/-]+ [0-9*,/-]+ [0-9A-Za-z*,/-]+ [0-9A-Za-z*,/-]+$", s.cron))])
    error_message = "A schedule's cron must be the five fields minute, hour, day of month, month, day of week, with one space between: \"0 3 * * *\" is 03:00 every day."
  }
  validation {
    condition     = alltrue([for s in var.schedules : can(regex("^[A-Za-z]+(/[A-Za-z0-9_+-]+)*$", s.time_zone))])
    error_message = "A schedule's time_zone must be a name from the tz database, such as Europe/Berlin or Etc/UTC."
  }
  validation {
    condition     = alltrue([for s in var.schedules : alltrue([for k in keys(s.environment) : contains(keys(local.environment), k)])])
    error_message = "A schedule's environment may override only these: ${join(", ", sort(keys(local.environment)))}."
  }
  validation {
    condition     = alltrue([for s in var.schedules : coalesce(s.task_count, 1) >= 1 && coalesce(s.task_count, 1) <= 10000])
    error_message = "A schedule's task_count must be from 1 to 10,000."
  }
}

variable "scheduler_region" {
  description = "Region of the schedules; region if left out. A few regions have Cloud Run but no Cloud Scheduler."
  type        = string
  default     = null
}

variable "operators" {
  description = "Members (user:…, group:…) who may run the job by hand, also with other arguments, and see its executions."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for m in var.operators : can(regex("^(user|group|serviceAccount|principal|principalSet):.+$", m))])
    error_message = "operators must be members with their kind: user:jane@example.com, group:data@example.com …"
  }
}

# Watching it

variable "notification_channels" {
  description = "Where alerts go: ids of notification channels, projects/PROJECT/notificationChannels/NUMBER."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for c in var.notification_channels : can(regex("^projects/[^/]+/notificationChannels/[0-9A-Za-z-]+$", c))])
    error_message = "notification_channels must be like projects/PROJECT/notificationChannels/NUMBER (`gcloud beta monitoring channels list`)."
  }
}

variable "alerts" {
  description = "Which alerts there are. missing_run_hours: no successful execution for so long; shrink_percent: a table lost more than so many percent of its rows since the run before. 0 switches either off."
  type = object({
    execution_failed  = optional(bool, true)
    table_failed      = optional(bool, true)
    missing_run_hours = optional(number, 26)
    shrink_percent    = optional(number, 50)
  })
  default = {}

  validation {
    condition     = var.alerts.missing_run_hours >= 0 && var.alerts.missing_run_hours <= 192 && floor(var.alerts.missing_run_hours) == var.alerts.missing_run_hours
    error_message = "alerts.missing_run_hours must be a whole number from 1 to 192 (8 days), or 0 for no such alert."
  }
  validation {
    condition     = var.alerts.shrink_percent >= 0 && var.alerts.shrink_percent <= 99
    error_message = "alerts.shrink_percent must be from 1 to 99, or 0 for no such alert."
  }
}

variable "create_dashboard" {
  description = "Create the dashboard."
  type        = bool
  default     = true
}

# Building the image

variable "create_registry" {
  description = "Create the Artifact Registry repository that Cloud Build pushes to."
  type        = bool
  default     = false
}

variable "create_build_account" {
  description = "Create the service account that Cloud Build runs as, with the roles that cloudbuild.yaml needs and no other."
  type        = bool
  default     = false
}

variable "registry_repository" {
  description = "Id of the Artifact Registry repository in region; name if left out."
  type        = string
  default     = null

  validation {
    condition     = var.registry_repository == null || can(regex("^[a-z][a-z0-9-]{0,61}[a-z0-9]$", var.registry_repository))
    error_message = "registry_repository must be lower-case letters, digits and hyphens."
  }
}

variable "build_region" {
  description = "Region that Cloud Build runs in; if left out, region where every project may build, otherwise global. New projects may build in six regions only."
  type        = string
  default     = null

  validation {
    condition     = var.build_region == null || can(regex("^(global|[a-z]+-[a-z]+[0-9]+)$", var.build_region))
    error_message = "build_region must be a region such as europe-west1, or global."
  }
}

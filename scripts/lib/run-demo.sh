#!/usr/bin/env bash
# Runs the demo with running servers: run-demo.sh mysql|mariadb. scripts/demo calls it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/common.sh"

client_variable=TEST_${1^^}_CLIENT
client=${!client_variable}
port_variable=TEST_${1^^}_PORT
tables=(users orders products transactions)

say "Filling the database shop ..."
"$client" <"$scripts/demo.sql"
"$TEST_PYTHON" "$scripts/demo.py" --emulator "$TEST_EMULATOR_HOST" --dataset shop --create

export CLOUD_RUN_JOB=demo CLOUD_RUN_TASK_COUNT=4 CLOUD_RUN_TASK_ATTEMPT=0
CLOUD_RUN_EXECUTION=demo-$(date +%Y%m%d-%H%M%S)
export CLOUD_RUN_EXECUTION
export MYSQL_HOST=127.0.0.1 MYSQL_PORT=${!port_variable} MYSQL_USER=sync MYSQL_PASSWORD=s3cret-Pa55word MYSQL_DATABASE=shop
export BIGQUERY_PROJECT=local BIGQUERY_DATASET=shop BIGQUERY_EMULATOR_HOST=$TEST_EMULATOR_HOST
TABLES=$(IFS=, && echo "${tables[*]}")
export TABLES LOG_FORMAT=json

task() {
  CLOUD_RUN_TASK_INDEX=$1 "$root/target/release/mysql-bigquery-sync" 2>&1 |
    "$TEST_PYTHON" -I "$here/log_lines.py" "task $1 | "
}

say "Copying TABLES=$TABLES with $CLOUD_RUN_TASK_COUNT parallel tasks:"
pids=()
for ((index = 0; index < CLOUD_RUN_TASK_COUNT; index++)); do
  task "$index" &
  pids+=($!)
done
failed=()
for index in "${!pids[@]}"; do wait "${pids[$index]}" || failed+=("task $index exited $?"); done
((${#failed[@]} == 0)) || die "$(printf '%s, ' "${failed[@]}")see the log above."

"$TEST_PYTHON" "$scripts/demo.py" --client "$client" --database shop --emulator "$TEST_EMULATOR_HOST" --dataset shop "${tables[@]}"

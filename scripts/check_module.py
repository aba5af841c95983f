"""More checks of the Terraform module that need neither Terraform nor a network. Run by check-infra.

    check_module.py order  the job waits until its APIs answer and until every grant of its account is effective
    check_module.py examples  the files in examples/ set only variables that the program reads, and every required one

Prints one line per problem and exits with 1, or prints a summary.
"""

import json
import re
import sys

from check_command import main
from check_infra import MODULE, ROOT, VARIABLES, files, inner, load, resources

# What the job waits for, and the account whose grants it needs.
JOB = "google_cloud_run_v2_job.sync"
WAIT = "time_sleep.grants"
ACCOUNT = "local.run_member"


def reference(text):
    """${google_x.y[0]} is google_x.y."""
    return re.sub(r"^\$\{|\}$|\[.*?\]", "", str(text))


def order():
    waits, grants = {}, set()
    for path in files():
        if path.parent != MODULE:
            continue
        for kind, name, body in resources(load(path)):
            body = inner(body)
            waits[f"{kind}.{name}"] = {reference(entry) for entry in body.get("depends_on", [])}
            if reference(body.get("member")) == ACCOUNT:
                grants.add(f"{kind}.{name}")
    faults = [f"{WAIT} does not wait for {grant}" for grant in sorted(grants - waits.get(WAIT, set()))]
    faults += [f"{JOB} does not wait for {wanted}" for wanted in (WAIT, "time_sleep.apis") if wanted not in waits[JOB]]
    # A resource that needs no other of the module is created first, before its API answers.
    faults += [f"{address} waits for google_project_service only, not for time_sleep.apis" for address, after in sorted(waits.items())
               if "google_project_service.this" in after and address != "time_sleep.apis"]
    return faults, f"{len(grants)} grants before the job"


def examples():
    import yaml  # from .dev/infra-venv

    declared = json.loads(VARIABLES.read_text())
    known = {name for group in ("variables", "secrets", "local_only") for name in declared[group]}
    # Of Cloud Run's own variables, those that make sense elsewhere.
    known |= {"CLOUD_RUN_TASK_COUNT", "CLOUD_RUN_EXECUTION"}
    required = {"MYSQL_HOST", "MYSQL_USER", "MYSQL_PASSWORD_FILE", "MYSQL_DATABASE", "BIGQUERY_PROJECT", "BIGQUERY_DATASET"}
    job = yaml.safe_load((ROOT / "examples" / "kubernetes.yaml").read_text())["spec"]["jobTemplate"]["spec"]
    pod = {entry["name"]: entry.get("value") for entry in job["template"]["spec"]["containers"][0]["env"]}
    unit = (ROOT / "examples" / "mysql-bigquery-sync.service").read_text()
    faults = []
    for file, given in (("kubernetes.yaml", set(pod)), ("mysql-bigquery-sync.service", set(re.findall(r"(?m)^Environment=(\w+)=", unit)))):
        faults += [f"examples/{file}: the program does not read {name}" for name in sorted(given - known)]
        faults += [f"examples/{file}: {name} is not set" for name in sorted(required - given)]
    if pod["CLOUD_RUN_TASK_COUNT"] != str(job["completions"]):
        faults.append("examples/kubernetes.yaml: CLOUD_RUN_TASK_COUNT is not the number of completions")
    return faults, f"{len(pod)} variables in kubernetes.yaml, {unit.count('Environment=')} in the systemd unit"


if __name__ == "__main__":
    sys.exit(main(__doc__, {"order": order, "examples": examples}, sys.argv[1:]))

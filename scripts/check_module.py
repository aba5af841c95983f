"""More checks of the Terraform module that need neither Terraform nor a network. Run by check-infra.

    check_module.py order  the job waits until its APIs answer and until every grant of its account is effective

Prints one line per problem and exits with 1, or prints a summary.
"""

import re
import sys

from check_infra import MODULE, files, inner, load, resources

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


def main(arguments):
    checks = {"order": order}
    if len(arguments) != 1 or arguments[0] not in checks:
        print(__doc__, file=sys.stderr)
        return 2
    faults, summary = checks[arguments[0]]()
    for fault in faults:
        print(fault)
    if not faults:
        print(summary)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

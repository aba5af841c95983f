"""Checks the Terraform module without Terraform and without a network. Run by check-infra.

    check_infra.py parse       every file is valid HCL
    check_infra.py schema      every argument exists in the provider, and no required one is missing
    check_infra.py references  every var., local. and resource attribute that is used exists
    check_infra.py dashboard   the dashboard is valid JSON, and the metrics that it and the alerts use are defined
    check_infra.py cloudbuild  its scripts are valid bash, its substitutions are defined, and the
                               Dockerfile has its build arguments
    check_infra.py contract [--write] [--logs FILE]
        terraform/tests/contract.json matches the module. --write writes it.
        --logs FILE: the log lines of a run in which one table failed and an existing one was replaced
        have every field that a metric, an alert or the dashboard reads

Prints one line per problem and exits with 1, or prints a summary.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

from check_command import main, report

ROOT = Path(__file__).resolve().parent.parent
MODULE = ROOT / "terraform"
CONTRACT = MODULE / "tests" / "contract.json"
# The binary's events and the types of their fields; `make generate` writes it from src/report/events.rs.
EVENTS = MODULE / "tests" / "events.json"

# The binary's variables and table options; `make generate` writes it from their declarations.
VARIABLES = MODULE / "tests" / "variables.json"

# Fields of every log line.
COMMON_FIELDS = {"event", "message", "severity", "target", "time"}

# Arguments that Terraform accepts for every resource.
META = {"count", "for_each", "provider", "depends_on", "lifecycle", "dynamic", "provisioner", "connection", "timeouts"}


def load(path):
    import hcl2  # from .dev/infra-venv; imported late, so that only checks that need it fail without it

    return hcl2.loads(path.read_text())


def files(pattern="*.tf"):
    return sorted(path for path in MODULE.rglob(pattern) if ".terraform" not in path.parts)


def bare(name):
    return name.strip('"')


def inner(block):
    """A block's arguments and blocks, without the parser's own keys."""
    return {bare(key): value for key, value in block.items() if not key.startswith("__")}


def resources(document):
    for entry in document.get("resource", []):
        for kind, named in inner(entry).items():
            for name, body in inner(named).items():
                yield kind, name, body


# parse ---------------------------------------------------------------------------------------


def parse():
    faults, count = [], 0
    for path in files() + files("*.tftest.hcl"):
        count += 1
        try:
            load(path)
        except Exception as error:  # the parser raises many types; the first line is enough
            faults.append(f"{path.relative_to(ROOT)}: {str(error).splitlines()[0]}")
    return faults, f"{count} files"


# schema --------------------------------------------------------------------------------------


def check_block(where, body, schema, faults, count):
    body = inner(body)
    given = {}
    for key, value in body.items():
        if key == "dynamic":
            for entry in value:
                for name, dynamic in inner(entry).items():
                    given.setdefault(name, []).extend(dynamic.get("content", []))
        elif key not in META or key in schema:
            given[key] = value
    for key, value in given.items():
        count[0] += 1
        known = schema.get(key)
        is_block = isinstance(value, list) and all(isinstance(v, dict) and "__is_block__" in v for v in value)
        if known is None:
            faults.append(f"{where}: the provider has no {key}")
        elif isinstance(known, dict):
            if not is_block:
                faults.append(f"{where}: {key} is a block, not an argument")
                continue
            if known["is"] == "computed block":
                faults.append(f"{where}: {key} is read-only")
            # Several dynamic blocks with the same name are often alternatives.
            if "dynamic" not in body and len(value) > known.get("max", len(value)):
                faults.append(f"{where}: {key} may be given {known['max']} times, not {len(value)}")
            for block in value:
                check_block(f"{where}.{key}", block, known["of"], faults, count)
        elif is_block:
            faults.append(f"{where}: {key} is an argument, not a block")
        elif known.startswith("computed"):
            faults.append(f"{where}: {key} is read-only")
    for key, known in schema.items():
        mode = known["is"] if isinstance(known, dict) else known
        if mode.startswith("required") and key not in given:
            faults.append(f"{where}: {key} is required")


def schema():
    known = json.loads((MODULE / "tests" / "provider-schema.json").read_text())
    faults, count, used = [], [0], set()
    for path in files():
        for kind, name, body in resources(load(path)):
            used.add(kind)
            where = f"{path.relative_to(ROOT)}: {kind}.{name}"
            if kind not in known:
                faults.append(f"{where}: tests/provider-schema.json has no {kind}; add it")
            else:
                check_block(where, body, known[kind], faults, count)
    faults += [f"tests/provider-schema.json: {kind} is no longer used" for kind in sorted(set(known) - used)]
    return faults, f"{count[0]} arguments of {len(used)} resource types"


# references ----------------------------------------------------------------------------------


def references():
    known = json.loads((MODULE / "tests" / "provider-schema.json").read_text())
    faults, count = [], 0
    for folder in [MODULE, *sorted((MODULE / "examples").iterdir())]:
        variables, local, made, text = set(), set(), set(), ""
        for path in sorted(folder.glob("*.tf")):
            document = load(path)
            text += re.sub(r"(?m)(^|\s)#.*$", "", path.read_text())
            variables |= {bare(k) for e in document.get("variable", []) for k in inner(e)}
            local |= {k for e in document.get("locals", []) for k in inner(e)}
            made |= {f"{kind}.{name}" for kind, name, _ in resources(document)}
        where = folder.relative_to(ROOT)
        used_variables = set(re.findall(r"\bvar\.(\w+)", text))
        used_local = set(re.findall(r"\blocal\.(\w+)", text))
        for kind, wanted, there in (("variable", used_variables, variables), ("local", used_local, local)):
            faults += [f"{where}: {kind} {name} is used but not defined" for name in sorted(wanted - there)]
            faults += [f"{where}: {kind} {name} is defined but not used" for name in sorted(there - wanted)]
        for kind, name, attribute in re.findall(r"\b(google_\w+)\.(\w+)(?:\[[^\]]*\])?(?:\.(\w+))?", text):
            count += 1
            if f"{kind}.{name}" not in made:
                faults.append(f"{where}: there is no {kind}.{name}")
            elif attribute and attribute != "id" and attribute not in known.get(kind, {}):
                faults.append(f"{where}: {kind} has no attribute {attribute}")
        count += len(used_variables) + len(used_local)
    return faults, f"{count} references"


# dashboard -----------------------------------------------------------------------------------


def metrics():
    """local.log_metrics of the module: key -> (event, field or None)."""
    document = load(MODULE / "monitoring.tf")
    table = next(e["log_metrics"] for e in document["locals"] if "log_metrics" in e)

    def text(value):
        return None if value in (None, "null", "${null}") else bare(str(value))

    return {key: (text(m["event"]), text(m.get("field"))) for key, m in inner(table).items()}


def empties(value, path=""):
    """Where a JSON value has 0, "", false or null: the API leaves such fields out of its answer, and every plan would add them again."""
    if isinstance(value, dict):
        return [place for key, inside in value.items() for place in empties(inside, f"{path}.{key}")]
    if isinstance(value, list):
        return [place for index, inside in enumerate(value) for place in empties(inside, f"{path}[{index}]")]
    return [] if value else [path.lstrip(".")]


def dashboard():
    faults, count = [], 0
    defined = metrics()
    source = (MODULE / "dashboard.json.tftpl").read_text()
    try:
        board = json.loads(source)  # placeholders occur only inside strings
    except ValueError as error:
        return [f"terraform/dashboard.json.tftpl: {error}"], ""
    right = 0
    for tile in board["mosaicLayout"]["tiles"]:
        right = max(right, tile.get("xPos", 0) + tile["width"])
    if right > board["mosaicLayout"]["columns"]:
        faults.append(f"terraform/dashboard.json.tftpl: a tile reaches column {right}")
    faults += [f"terraform/dashboard.json.tftpl: {place} is empty, so no plan would be; leave it out" for place in empties(board)]
    alerts = (MODULE / "monitoring.tf").read_text()
    used = re.findall(r"user_\$\{prefix\}_(\w+)\{", source) + [
        key + suffix for key, suffix in re.findall(r"per_table\.(\w+)\}(_sum|_count)?\{", alerts)
    ]
    for name in used:
        count += 1
        key = re.sub(r"_(sum|count|bucket)$", "", name)
        if key not in defined:
            faults.append(f"metric {key} is read but not defined")
        elif (defined[key][1] is None) != (key == name):
            faults.append(f"metric {name}: read a counter by its name, and a distribution by _sum or _count")
    known = {"project", "region", "name", "prefix"}
    faults += [f"dashboard: placeholder {p} has no value" for p in set(re.findall(r"\$\{(\w+)\}", source)) - known]
    return faults, f"{len(board['mosaicLayout']['tiles'])} tiles, {count} uses of {len(defined)} metrics"


# cloudbuild ----------------------------------------------------------------------------------


def cloudbuild():
    import yaml

    source = (ROOT / "cloudbuild.yaml").read_text()
    build, faults = yaml.safe_load(source), []
    defined = set(build["substitutions"])
    used = set(re.findall(r"\$\{?(_[A-Z_]+)", source))
    faults += [f"cloudbuild.yaml: {name} is used but not defined" for name in sorted(used - defined)]
    faults += [f"cloudbuild.yaml: {name} is defined but not used" for name in sorted(defined - used)]
    head = source[: source.index("substitutions:")]
    faults += [f"cloudbuild.yaml: {n} is not explained in the header" for n in sorted(defined - {"_IMAGE"}) if f"#   {n} " not in head]

    scripts = [step["args"][1] for step in build["steps"] if step.get("entrypoint") == "bash"]
    for script in scripts:
        # Like Cloud Build: first replace its variables, then turn $$ into a dollar sign.
        script = re.sub(r"\$(?:\{(_?[A-Z][A-Z_]*)\}|(_?[A-Z][A-Z_]*))", r"\1\2", script.replace("$$", "\0")).replace("\0", "$")
        checked = subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True)
        faults += [f"cloudbuild.yaml: {line}" for line in checked.stderr.splitlines()]

    dockerfile = (ROOT / "Dockerfile").read_text()
    arguments = set(re.findall(r"(?m)^ARG (\w+)", dockerfile))
    given = set(re.findall(r"--build-arg (\w+)=", source))
    faults += [f"cloudbuild.yaml: the Dockerfile has no argument {name}" for name in sorted(given - arguments)]
    compiler = re.search(r"(?m)^ARG RUST_VERSION=(.*)$", dockerfile).group(1)
    if str(build["substitutions"]["_RUST_VERSION"]) != compiler:
        faults.append(f"cloudbuild.yaml: _RUST_VERSION is not the Dockerfile's {compiler}")
    if build["options"].get("logging") != "CLOUD_LOGGING_ONLY" or not build.get("serviceAccount"):
        faults.append("cloudbuild.yaml: a serviceAccount requires CLOUD_LOGGING_ONLY, and both must be set")
    return faults, f"{len(build['steps'])} steps, {len(defined)} substitutions"


# contract ------------------------------------------------------------------------------------


def module_contract():
    document = load(MODULE / "main.tf")

    def keys(name):
        return sorted(k for e in document["locals"] if name in e for k in inner(e[name]))

    declared, events = json.loads(EVENTS.read_text()), {}
    for event, field in metrics().values():
        events.setdefault(event, {"table"}).update({field} if field else set())
    # Fields that are read outside the table of metrics.
    text = "".join(p.read_text() for p in [*sorted(MODULE.glob("*.tf")), MODULE / "dashboard.json.tftpl"])
    by_hand = set(re.findall(r"jsonPayload\.(\w+)", text)) - {"event"}
    options = re.search(r'variable "tables".*?\n  \}\)\)', (MODULE / "variables.tf").read_text(), re.S).group(0)
    return {
        "about": "What the module and the binary must agree on. Written by scripts/check_infra.py contract --write.",
        "environment": keys("environment"),
        "secret_environment": keys("secret_environment"),
        "local_only": sorted(json.loads(VARIABLES.read_text())["local_only"]),
        "table_options": sorted(re.findall(r"(?m)^    (\w+)\s+= ", options)),
        "nested_options": sorted(re.findall(r"(?m)^      +(\w+)\s+= ", options)),
        "events": {
            event: {field: declared.get(event, {}).get(field, "not declared") for field in sorted(fields)}
            for event, fields in sorted(events.items())
        },
        "fields_read_by_hand": sorted(by_hand),
    }


def contract(arguments):
    faults, summaries = [], []
    wanted = module_contract()
    text = json.dumps(wanted, indent=2) + "\n"
    if "--write" in arguments:
        CONTRACT.write_text(text)
    if not CONTRACT.exists() or CONTRACT.read_text() != text:
        faults.append("terraform/tests/contract.json is out of date: run scripts/check_infra.py contract --write")
    declared = json.loads(EVENTS.read_text())
    for key, (event, field) in metrics().items():
        if event not in declared:
            faults.append(f"metric {key}: the binary has no event {event}")
        elif "table" not in declared[event]:
            faults.append(f"metric {key}: event {event} has no table, the metric's label")
        elif field and not declared[event].get(field, "").startswith("integer"):
            faults.append(f"metric {key}: event {event} has no integer {field}")
    known = COMMON_FIELDS.union(*declared.values())
    faults += [f"no event has the field {field}, which the module reads" for field in wanted["fields_read_by_hand"] if field not in known]
    binary = json.loads(VARIABLES.read_text())
    module = set(wanted["environment"]) | set(wanted["secret_environment"])
    for what, ours, theirs in (
        ("variable", wanted["environment"], binary["variables"]),
        ("secret", wanted["secret_environment"], binary["secrets"]),
        ("table option", wanted["table_options"], binary["table_options"]),
        ("part of a table option", wanted["nested_options"], binary["nested_options"]),
    ):
        faults += [f"the module sets {name}, which the binary does not declare as a {what}" for name in sorted(set(ours) - set(theirs))]
        faults += [f"the binary declares the {what} {name}, which the module does not set" for name in sorted(set(theirs) - set(ours))]
    summaries.append(f"{len(module)} variables, {len(wanted['table_options'])} table options, {len(wanted['events'])} events")

    if "--logs" in arguments:
        path = Path(arguments[arguments.index("--logs") + 1])
        lines = [json.loads(line) for line in path.read_text().splitlines() if line.startswith("{")]
        for event, fields in wanted["events"].items():
            matching = [line for line in lines if line.get("event") == event]
            if not matching:
                faults.append(f"no log line has the event {event}")
            for field, kind in fields.items():
                for line in matching:
                    value = line.get(field)
                    if value is None and kind.endswith("or absent"):
                        continue
                    right = isinstance(value, str) and value if kind.startswith("string") else type(value) is int and value >= 0
                    if not right:
                        faults.append(f"event {event}: {field} is {value!r}, not {'a string' if kind == 'string' else 'an integer ≥ 0'}")
                        break
                if matching and all(line.get(field) is None for line in matching) and kind.endswith("or absent"):
                    faults.append(f"event {event}: no line has {field}, which an alert reads")
        for line in lines:
            if not {"severity", "message", "time"} <= line.keys():
                faults.append(f"a log line lacks severity, message or time: {json.dumps(line)[:120]}")
                break
        seen = {field for line in lines for field in line}
        faults += [f"no log line has the field {f}" for f in wanted["fields_read_by_hand"] if f not in seen]
        summaries.append(f"{len(lines)} log lines")
    return faults, "; ".join(summaries)


if __name__ == "__main__":
    if sys.argv[1:2] == ["contract"]:
        sys.exit(report(*contract(sys.argv[2:])))
    checks = {"parse": parse, "schema": schema, "references": references, "dashboard": dashboard, "cloudbuild": cloudbuild}
    sys.exit(main(__doc__, checks, sys.argv[1:]))

"""Checks facts that contributors rely on. Run by scripts/check.

    check_sources.py workflow  GitHub's steps, the hooks, compose.yaml and the documents use only existing make targets
    check_sources.py msrv      no dependency needs a newer Rust than Cargo.toml promises, and the pinned Rust is not older

Prints one line per problem and exits with 1, or prints a summary.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

from check_command import main

ROOT = Path(__file__).resolve().parent.parent
TARGET = re.compile(r"make ([a-z][a-z0-9-]*)")

# `make` in a document: in backticks, or at the start of a line of a code block.
IN_DOCUMENT = re.compile(r"(?m)(?:`|^ *)" + TARGET.pattern)


# workflow ------------------------------------------------------------------------------------


def commands():
    """(where, command) for every command that GitHub, a hook or compose.yaml runs."""
    import yaml  # from .dev/tools-venv; imported late, because `msrv` does not need it

    for path in sorted((ROOT / ".github" / "workflows").glob("*.y*ml")):
        jobs = yaml.safe_load(path.read_text())["jobs"]
        for name, job in jobs.items():
            for step in job["steps"]:
                if "run" in step:
                    yield f"{path.relative_to(ROOT)}: job {name}", step["run"]
                elif not re.search(r"@[0-9a-f]{40}$", step["uses"]):
                    yield f"{path.relative_to(ROOT)}: job {name}", step["uses"]  # not a make target, so `workflow` reports it
    for repository in yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]:
        for hook in repository["hooks"]:
            yield f".pre-commit-config.yaml: hook {hook['id']}", hook.get("entry", hook["id"])
    for name, service in yaml.safe_load((ROOT / "compose.yaml").read_text())["services"].items():
        if "command" in service:
            yield f"compose.yaml: service {name}", service["command"]


def workflow():
    targets = set(re.findall(r"(?m)^\.PHONY: (.*)$", (ROOT / "Makefile").read_text())[0].split())
    faults, count = [], 0
    for where, command in commands():
        count += 1
        made = TARGET.fullmatch(command.strip())
        if not made:
            faults.append(f"{where}: {command!r} is neither a make target nor an action pinned to a commit")
        elif made[1] not in targets:
            faults.append(f"{where}: the Makefile has no target {made[1]}")
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "terraform" / "README.md"]:
        for name in IN_DOCUMENT.findall(path.read_text()):
            count += 1
            if name not in targets:
                faults.append(f"{path.relative_to(ROOT)}: the Makefile has no target {name}")
    return faults, f"{count} uses of {len(targets)} make targets"


# msrv ----------------------------------------------------------------------------------------


def version(text):
    """1.95 and 1.95.0 are the same version."""
    return tuple((list(map(int, text.split("."))) + [0, 0])[:3])


def msrv():
    command = ["cargo", "metadata", "--format-version", "1", "--locked"]
    packages = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)["packages"]
    ours = next(p["rust_version"] for p in packages if p["source"] is None)
    others = [p for p in packages if p["source"] is not None and p["rust_version"]]
    faults = [
        f"Cargo.toml promises Rust {ours}, but {p['name']} {p['version']} needs {p['rust_version']}"
        for p in others
        if version(p["rust_version"]) > version(ours)
    ]
    pinned = re.search(r'(?m)^channel = "(.*)"', (ROOT / "rust-toolchain.toml").read_text())[1]
    if version(pinned) < version(ours):
        faults.append(f"rust-toolchain.toml has Rust {pinned}, but Cargo.toml promises {ours}")
    newest = max(others, key=lambda p: version(p["rust_version"]))
    return faults, f"{ours}; of {len(packages)} packages {newest['name']} needs the newest, {newest['rust_version']}"


if __name__ == "__main__":
    sys.exit(main(__doc__, {"workflow": workflow, "msrv": msrv}, sys.argv[1:]))

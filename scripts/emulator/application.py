"""Assembles the emulator's web application: repairs and middlewares."""

from local_bigquery import app

from emulator import merges, partitions, replacing, strict, typed_loads
from emulator.contract import Contract
from emulator.discovery import Api
from emulator.rules import Control
from emulator.strict import Strict
from emulator.uploads import ResumableUploads


def build(api: Api, violations=None):
    """Repairs the emulator and adds the middlewares, innermost first."""
    for repaired in (typed_loads, replacing, partitions, merges):
        repaired.repair()
    strict.hold_jobs()
    checked: dict[str, int] = {}
    app.add_middleware(ResumableUploads)
    app.add_middleware(Strict, api=api)
    app.add_middleware(Contract, api=api, violations=violations, checked=checked)
    app.add_middleware(Control, checked=checked)
    return app

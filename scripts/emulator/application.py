"""The emulator's web application with all that is put around it."""

from local_bigquery import app

from emulator import typed_loads
from emulator.contract import Contract
from emulator.discovery import Api
from emulator.uploads import ResumableUploads


def build(api: Api, violations=None):
    """Repairs the emulator and puts the layers around it, the innermost first."""
    typed_loads.repair()
    app.add_middleware(ResumableUploads)
    app.add_middleware(Contract, api=api, violations=violations)
    return app

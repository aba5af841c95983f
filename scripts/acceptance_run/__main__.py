"""The acceptance run: creates a scratch dataset, copies tables into it, asks the questions, prints the answers, deletes everything."""

import argparse
import os
import pathlib
import signal
import sys
import tempfile
import uuid

import requests

from acceptance_run.accounts import Accounts
from acceptance_run.copies import Program, Source, copy_all
from acceptance_run.questions import Asking, ask_all
from acceptance_run.service import SCOPE, Service, cost

DAY_MILLISECONDS = 24 * 60 * 60 * 1000  # tables that are left behind expire after this time


def caller(arguments) -> Service:
    dataset = f"acceptance_{uuid.uuid4().hex[:12]}"
    if arguments.emulator:
        session = requests.Session()
        session.trust_env = False  # an internet proxy cannot reach the local emulator
        return Service("local", session, f"http://{os.environ['TEST_EMULATOR_HOST']}", dataset)
    import google.auth
    from google.auth.transport.requests import AuthorizedSession

    credentials, _ = google.auth.default(scopes=[SCOPE])
    return Service(arguments.project, AuthorizedSession(credentials), dataset=dataset, location=arguments.location)


def show(answers: list[tuple[str, str, str, bool]]):
    print("\n| question | expected | observed | as expected |\n|---|---|---|---|")
    for question, expected, observed, agrees in answers:
        cells = (cell.replace("|", "\\|") for cell in (question, expected, observed))
        print(f"| {' | '.join(cells)} | {'yes' if agrees else 'NO'} |")
    differing = sum(not agrees for *_, agrees in answers)
    print(f"\n{len(answers)} questions, {differing} with an unexpected answer.")


def run(arguments, service: Service) -> bool:
    emulator = os.environ["TEST_EMULATOR_HOST"] if arguments.emulator else None
    with tempfile.TemporaryDirectory(dir=os.environ.get("TEST_RUN")) as folder:
        accounts = Accounts(service, pathlib.Path(folder))
        try:
            if emulator:
                accounts.why = "by one caller, because the emulator has no accounts"
            else:
                accounts.make()
            print(f"The questions are asked {accounts.why or 'by two service accounts: dataEditor and dataOwner on the dataset, jobUser on the project'}.")
            source = Source()
            print("Filling the private MySQL server ...", flush=True)
            source.fill()
            program = Program(source, service, emulator, accounts.credentials.get("editor"))
            print("Copying five tables and comparing every value ...", flush=True)
            equal = copy_all(program)
            print("Asking the questions ...", flush=True)
            show(ask_all(Asking(accounts, source, program)))
        finally:
            accounts.remove()
    print(cost() + ".")
    print("All values of the copied tables are equal." if equal else "The copied tables are NOT all equal; see above.")
    return equal


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the dataset is deleted on SIGTERM too
    parser = argparse.ArgumentParser(prog="make acceptance", description=__doc__)
    parser.add_argument("project", nargs="?", help="a project in which the caller may create a dataset and run jobs")
    parser.add_argument("--location", help="location of the scratch dataset (default: US)")
    parser.add_argument("--emulator", action="store_true", help="ask the local emulator instead of Google")
    parser.add_argument("--keep", action="store_true", help="keep the scratch dataset; its tables expire after a day")
    arguments = parser.parse_args()
    if bool(arguments.project) == arguments.emulator:
        parser.error("give either a project or --emulator")
    service = caller(arguments)
    body = {"datasetReference": {"projectId": service.project, "datasetId": service.dataset}, "defaultTableExpirationMs": str(DAY_MILLISECONDS)}
    made = service.call("POST", "datasets", body | ({"location": service.location} if service.location else {}))
    if not made.ok:
        sys.exit(f"The scratch dataset could not be created in project {service.project}: {made}")
    print(f"Scratch dataset: {service.project}:{service.dataset}", flush=True)
    try:
        equal = run(arguments, service)
    finally:
        if not arguments.keep:
            removed = service.call("DELETE", f"datasets/{service.dataset}?deleteContents=true")
            print("The scratch dataset is deleted." if removed.ok else f"Delete the dataset {service.dataset} yourself: {removed}")
    sys.exit(0 if equal else 1)


if __name__ == "__main__":
    main()

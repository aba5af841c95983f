"""The accounts that ask: two service accounts with exactly the documented roles, or the caller if they cannot be created."""

import json
import os
import pathlib
import time
import uuid

from acceptance_run.service import SCOPE, Service

IAM = "https://iam.googleapis.com/v1"
PROJECTS = "https://cloudresourcemanager.googleapis.com/v3/projects"
PROPAGATION_SECONDS = 180  # a new binding takes effect within a minute or two, "Access change propagation"


class Accounts:
    """`editor` has roles/bigquery.dataEditor on the dataset, `owner` roles/bigquery.dataOwner; both may run jobs."""

    def __init__(self, caller: Service, folder: pathlib.Path):
        self.caller, self.folder, self.emails, self.credentials, self.why = caller, folder, {}, {}, ""
        self.editor = self.owner = caller

    def make(self):
        """Creates the accounts. If that is refused, `why` says so and the caller is used instead."""
        import google.auth
        from google.auth import impersonated_credentials
        from google.auth.transport.requests import AuthorizedSession

        source, _ = google.auth.default(scopes=[SCOPE])
        try:
            member = self.myself(source)
            for name, role in [("editor", "roles/bigquery.dataEditor"), ("owner", "roles/bigquery.dataOwner")]:
                email = self.create(f"acceptance-{name}-{uuid.uuid4().hex[:8]}")
                self.emails[name] = email
                self.post(f"{IAM}/projects/{self.caller.project}/serviceAccounts/{email}:setIamPolicy", {
                    "policy": {"bindings": [{"role": "roles/iam.serviceAccountTokenCreator", "members": [member]}]}
                })
                self.grant_on_dataset(email, role)
            self.bind_jobs(add=True)
            for name, email in self.emails.items():
                credentials = impersonated_credentials.Credentials(source, email, [SCOPE])
                service = Service(self.caller.project, AuthorizedSession(credentials), dataset=self.caller.dataset, location=self.caller.location)
                self.wait_for(service)
                setattr(self, name, service)
                self.credentials[name] = self.credential_file(name, email)
        except (RuntimeError, google.auth.exceptions.GoogleAuthError) as error:
            self.why = f"with the caller's own permissions ({error})"
            self.editor = self.owner = self.caller

    def myself(self, source) -> str:
        answer = self.caller.session.get("https://openidconnect.googleapis.com/v1/userinfo", timeout=30)
        email = answer.json().get("email") if answer.ok else getattr(source, "service_account_email", None)
        if not email:
            raise RuntimeError("the caller's e-mail address is unknown")
        return f"{'serviceAccount' if email.endswith('gserviceaccount.com') else 'user'}:{email}"

    def create(self, name: str) -> str:
        body = {"accountId": name, "serviceAccount": {"displayName": "mysql-bigquery-sync acceptance run"}}
        return self.post(f"{IAM}/projects/{self.caller.project}/serviceAccounts", body)["email"]

    def post(self, url: str, body: dict) -> dict:
        answer = self.caller.session.post(url, json=body, timeout=60)
        if not answer.ok:
            raise RuntimeError(f"{url.rsplit('/', 1)[-1]}: {answer.status_code} {answer.text[:200]}")
        return answer.json()

    def grant_on_dataset(self, email: str, role: str):
        path = f"datasets/{self.caller.dataset}"
        access = self.caller.call("GET", path).body["access"]
        answer = self.caller.call("PATCH", path, {"access": [*access, {"role": role, "userByEmail": email}]})
        if not answer.ok:
            raise RuntimeError(f"granting {role}: {answer}")

    def bind_jobs(self, add: bool):
        """Grants both accounts roles/bigquery.jobUser on the project, or revokes it."""
        url = f"{PROJECTS}/{self.caller.project}"
        policy = self.post(f"{url}:getIamPolicy", {"options": {"requestedPolicyVersion": 3}})
        members = {f"serviceAccount:{email}" for email in self.emails.values()}
        for binding in policy.get("bindings", []):
            if binding["role"] == "roles/bigquery.jobUser":
                binding["members"] = [member for member in binding["members"] if member not in members]
        if add:
            policy.setdefault("bindings", []).append({"role": "roles/bigquery.jobUser", "members": sorted(members)})
        policy["bindings"] = [binding for binding in policy.get("bindings", []) if binding["members"]]
        self.post(f"{url}:setIamPolicy", {"policy": policy})

    def wait_for(self, service: Service):
        deadline = time.monotonic() + PROPAGATION_SECONDS
        while not (answer := service.query("SELECT 1", dry_run=True)).ok:
            if time.monotonic() > deadline:
                raise RuntimeError(f"the new account may not start jobs after {PROPAGATION_SECONDS} s: {answer}")
            time.sleep(5)

    def credential_file(self, name: str, email: str) -> str | None:
        """Application Default Credentials that impersonate the account; None if the caller has no credentials file."""
        known = os.environ.get("GOOGLE_APPLICATION_CREDENTIALS") or pathlib.Path.home() / ".config/gcloud/application_default_credentials.json"
        if not pathlib.Path(known).is_file():
            return None
        path = self.folder / f"{name}.json"
        path.touch(mode=0o600)
        path.write_text(json.dumps({
            "type": "impersonated_service_account",
            "service_account_impersonation_url": f"https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{email}:generateAccessToken",
            "source_credentials": json.loads(pathlib.Path(known).read_text()),
        }))
        return str(path)

    def remove(self):
        if not self.emails:
            return
        try:
            self.bind_jobs(add=False)
        except RuntimeError as error:
            print(f"Remove the accounts from roles/bigquery.jobUser yourself: {error}")
        for email in self.emails.values():
            answer = self.caller.session.delete(f"{IAM}/projects/{self.caller.project}/serviceAccounts/{email}", timeout=60)
            if not answer.ok:
                print(f"Delete the service account {email} yourself: {answer.status_code}")

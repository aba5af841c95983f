"""Rules that a test sets for one project or one dataset, so that tests can run in parallel.

    PUT /_test/rules/PROJECT            for a whole project
    PUT /_test/rules/PROJECT/DATASET    for one dataset; overrides the project's rules
    GET, DELETE                         show or delete the rules at the same addresses
    GET /_test/contract                 how many requests of the program were checked against the contract, by method

The body of a PUT is JSON and replaces the previous rules. Every key is optional:

    {"roles": ["roles/bigquery.dataEditor", "roles/bigquery.jobUser"],
     "permissions": ["bigquery.rowAccessPolicies.list"],
     "refuse_patches_of": ["tableConstraints.foreignKeys"]}

roles              grant the program only these roles; permissions.py lists them
permissions        also grant these permissions, like a custom role
refuse_patches_of  refuse every patch that contains one of these keys (400 invalid)

Without "roles" and "permissions", everything is granted. Rules apply only to the program, not to the test's own requests.
"""

import contextvars
import dataclasses
import json

from emulator import web
from emulator.permissions import ROLES

PREFIX = "/_test/"

# Whether the current request or job belongs to the program.
program: contextvars.ContextVar[bool] = contextvars.ContextVar("program", default=False)


class Unknown(ValueError):
    """A rule or role that does not exist."""


@dataclasses.dataclass(frozen=True)
class Rules:
    """The rules of a project or a dataset."""

    granted: frozenset[str] | None = None  # None: everything
    refused_patches: tuple[str, ...] = ()

    @classmethod
    def parse(cls, given: dict) -> "Rules":
        """Reads rules from JSON. An unknown name is an error, so that a typo cannot disable a rule."""
        known = {"roles", "permissions", "refuse_patches_of"}
        if unknown := [*(set(given) - known), *(role for role in given.get("roles", []) if role not in ROLES)]:
            raise Unknown(f"no such rule or role: {', '.join(unknown)}; valid: {', '.join(sorted(known | set(ROLES)))}")
        granted = None
        if "roles" in given or "permissions" in given:
            granted = frozenset(given.get("permissions", ())).union(*(ROLES[role] for role in given.get("roles", ())))
        return cls(granted, tuple(given.get("refuse_patches_of", ())))

    def lacks(self, *permissions: str) -> str | None:
        """The first permission that is not granted, or None."""
        return next((name for name in permissions if self.granted is not None and name not in self.granted), None)


_given: dict[tuple[str, ...], dict] = {}


def of(project: str, dataset: str | None = None) -> Rules:
    """The rules that apply to the current request or job."""
    if not program.get():
        return Rules()
    return Rules.parse(_given.get((project, dataset or ""), _given.get((project,), {})))


def datasets(project: str) -> list[str]:
    """The project's datasets that have rules of their own."""
    return [scope[1] for scope in list(_given) if scope[0] == project and len(scope) == 2]


class Control:
    """Answers /_test/. For all other requests, records whether the program sent them."""

    def __init__(self, app, checked: dict[str, int]):
        self.app, self.checked = app, checked

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            token = program.set(scope["type"] == "http" and web.is_program(scope))
            try:
                return await self.app(scope, receive, send)
            finally:
                program.reset(token)
        kind, *place = scope["path"].removeprefix(PREFIX).split("/")
        body = await web.read(receive)
        try:
            status, content = self.answer(scope["method"], kind, tuple(place), body or b"")
        except ValueError as error:
            status, content = 400, web.error(400, "invalid", str(error))
        await web.answer(send, status, content)

    def answer(self, verb: str, kind: str, place: tuple[str, ...], body: bytes):
        """(status, JSON)"""
        if kind == "contract" and verb == "GET" and not place:
            return 200, self.checked
        if kind != "rules" or len(place) not in (1, 2) or not all(place):
            return 404, web.error(404, "notFound", __doc__)
        match verb:
            case "PUT":
                given = json.loads(body)
                Rules.parse(given)
                _given[place] = given
            case "DELETE":
                _given.pop(place, None)
            case "GET":
                pass
            case _:
                return 405, web.error(405, "invalid", __doc__)
        return 200, _given.get(place, {})

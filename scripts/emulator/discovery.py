"""Google's discovery document for BigQuery's API: methods, parameters and fields.

The document is `bigquery.v2.json` of the Python package google-api-python-client. `scripts/requirements.txt` pins the package and names the
revision on the same line, the only place that does. The emulator does not start with any other revision.
"""

import dataclasses
import functools
import importlib.util
import json
import pathlib
import re
import sys
import urllib.parse

REQUIREMENTS = pathlib.Path(__file__).parents[1] / "requirements.txt"
PINNED = re.compile(r"^google-api-python-client==\S+ +# .*\brevision (\d+)", re.MULTILINE)
PARAMETER = re.compile(r"\{\+?(\w+)\}")
# Uploads have their own path and parameters. Page "Upload files to BigQuery" (reference/api-uploads).
UPLOAD = "upload/"
UPLOAD_TYPES = ("media", "multipart", "resumable")


@dataclasses.dataclass(frozen=True)
class Method:
    """A method of the API, such as `bigquery.tables.patch`."""

    id: str
    verb: str
    path: re.Pattern
    literal: int  # characters of the path that are not parameters; more means a better match
    parameters: dict
    order: tuple[str, ...]  # the parameters of the path
    request: dict | None
    response: dict | None
    description: str
    is_upload: bool


class Api:
    """The document and its methods."""

    def __init__(self, document: dict):
        self.revision = document["revision"]
        self.schemas = document["schemas"]
        self.common = document["parameters"]
        self.methods = list(self._methods(document))

    @staticmethod
    def _methods(document: dict):
        def below(resource: dict):
            yield from resource.get("methods", {}).values()
            for child in resource.get("resources", {}).values():
                yield from below(child)

        for found in below(document):
            # If a parameter is a whole resource name, `projects/…/tables/…`, only the flat path contains the words.
            own = found["flatPath"] if "{+resource}" in found["path"] else found["path"]
            paths = [("/" + document["servicePath"] + own, False)]
            if found.get("supportsMediaUpload"):
                paths += [(protocol["path"], True) for protocol in found["mediaUpload"]["protocols"].values()]
            for path, is_upload in paths:
                # Words alternate with names of parameters. Only a project may have a colon, as in example.com:project.
                parts = PARAMETER.split(path)
                words = [re.escape(part) for part in parts[::2]]
                values = [f"([^/{'' if name.startswith('project') else ':'}]+)" for name in parts[1::2]]
                pattern = "".join(word + value for word, value in zip(words, [*values, ""], strict=True))
                yield Method(
                    id=found["id"],
                    verb=found["httpMethod"],
                    path=re.compile(pattern),
                    literal=sum(map(len, words)),
                    parameters=found.get("parameters", {}),
                    order=tuple(parts[1::2]),
                    request=found.get("request"),
                    response=found.get("response"),
                    description=found.get("description", ""),
                    is_upload=is_upload,
                )

    def methods_at(self, path: str) -> list[Method]:
        """All methods at a path, the best match first."""
        found = [method for method in self.methods if method.path.fullmatch(path)]
        return sorted(found, key=lambda method: -method.literal)

    def method(self, verb: str, path: str) -> tuple[Method | None, list[str]]:
        """The method of a request, and the decoded values in its path."""
        at = self.methods_at(path)
        found = next((method for method in at if method.verb == verb), None)
        if found is None:
            return None, []
        return found, [urllib.parse.unquote(value) for value in found.path.fullmatch(path).groups()]


def pinned_revision(requirements: str) -> str | None:
    """The revision that scripts/requirements.txt names."""
    found = PINNED.search(requirements)
    return found and found[1]


@functools.cache
def google() -> Api:
    """Google's document. Exits if it is missing or has another revision than the pinned one."""
    package = importlib.util.find_spec("googleapiclient")
    if package is None:
        sys.exit("The Python package google-api-python-client is missing: scripts/install emulator")
    folder = pathlib.Path(package.submodule_search_locations[0])
    file = folder / "discovery_cache" / "documents" / "bigquery.v2.json"
    api = Api(json.loads(file.read_text()))
    wanted = pinned_revision(REQUIREMENTS.read_text())
    if api.revision != wanted:
        sys.exit(
            f"{file} is revision {api.revision}, but {REQUIREMENTS} says {wanted}: check what Google changed, then correct the line "
            "of google-api-python-client"
        )
    return api

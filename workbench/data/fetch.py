"""Fetching data sets that cannot be shipped: one archive each, checked before it is put in place."""

import hashlib
import http.client
import json
import logging
import os
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from workbench.errors import InputError, WorkbenchError
from workbench.storage.archives import Tree, open_tree
from workbench.storage.atomic import replacing
from workbench.storage.jsonl import require_regular

log = logging.getLogger(__name__)

TIMEOUT = 60.0
"""Seconds to wait for the server's next bytes."""
LONGEST = 3600.0
"""Seconds that a whole download may take."""


@dataclass(frozen=True)
class Manifest:
    """What is known of a fetchable data set: where it is, and what must be in it."""

    name: str
    description: str
    address: str
    archive: str
    """File name in the cache."""
    files: dict[str, str]
    """SHA-256 of files inside, by their name beside train.jsonl."""
    documents: dict[str, Any]
    """`count` and `sha256` of docs/, see `documents_digest`."""
    max_bytes: int
    """Size above which what comes is not the archive, and the download ends."""
    licence: str
    citation: tuple[str, ...]


def load_manifests() -> dict[str, Manifest]:
    """Return all shipped manifests by name."""
    manifests = map(TypeAdapter(Manifest).validate_python, shipped("manifests"))
    return {manifest.name: manifest for manifest in manifests}


def shipped(folder: str) -> list[Any]:
    """Return what the JSON files of a folder of this package hold, by their names."""
    entries = sorted(files("workbench.data").joinpath(folder).iterdir(), key=lambda entry: entry.name)
    return [json.loads(e.read_text(encoding="utf-8")) for e in entries if e.name.endswith(".json")]


def cache_folder() -> Path:
    """Return `$WORKBENCH_HOME`, or `~/.cache/rationale-workbench`; archives lie in `data` inside."""
    home = os.environ.get("WORKBENCH_HOME")
    return Path(home).expanduser() if home else Path.home() / ".cache" / "rationale-workbench"


def fetched_path(name: str) -> Path | None:
    """Return where a fetched data set lies in the cache; None where it has not been fetched."""
    path = cache_folder() / "data" / _manifest(name).archive
    return path if path.is_file() else None


def is_fetched(name: str) -> bool:
    """Return whether a data set lies in the cache."""
    return fetched_path(name) is not None


def fetch(name: str, address: str | None = None) -> Path:
    """Download a data set, check every hash, put the archive in the cache, and return its path.

    `address` replaces the manifest's (http, https or file). Raises InputError for an unknown name and an
    address that is malformed or of another kind; WorkbenchError where the download fails, takes more
    than an hour or `Manifest.max_bytes`, or the contents are not the manifest's: then nothing is left.
    """
    manifest = _manifest(name)
    target = cache_folder() / "data" / manifest.archive
    source = manifest.address if address is None else address
    _check_address(source)
    with replacing(target) as archive:
        _download(source, archive, manifest.max_bytes)
        try:
            verify(open_tree(archive), manifest)
        except InputError as error:
            # The scratch file's name would tell the user nothing.
            reason = str(error).replace(str(archive), "the archive")
            raise WorkbenchError(f"{source}: {reason}") from None
    log.info("%s fetched to %s", name, target)
    return target


def verify(tree: Tree, manifest: Manifest) -> None:
    """Raise InputError unless the tree holds what the manifest says, whatever else it holds."""
    tree = tree.rooted_at("train.jsonl")
    for name, expected in manifest.files.items():
        if hashlib.sha256(tree.read(name)).hexdigest() != expected:
            raise InputError(f"{name} has another SHA-256 than the manifest of {manifest.name}")
    count, digest = documents_digest(tree)
    if (count, digest) != (manifest.documents["count"], manifest.documents["sha256"]):
        raise InputError(f"the {count:,} documents are not those of the manifest of {manifest.name}")


def documents_digest(tree: Tree) -> tuple[int, str]:
    """Return how many files docs/ has, and the SHA-256 over lines `<sha256>  <name>` by name."""
    names = sorted(name.removeprefix("docs/") for name in tree.names if name.startswith("docs/"))
    whole = hashlib.sha256()
    for name in names:
        inner = hashlib.sha256(tree.read(f"docs/{name}")).hexdigest()
        whole.update(f"{inner}  {name}\n".encode())
    return len(names), whole.hexdigest()


def _manifest(name: str) -> Manifest:
    manifests = load_manifests()
    if name not in manifests:
        raise InputError(f"no data set {name!r} to fetch; there are: {', '.join(manifests)}")
    return manifests[name]


def _check_address(address: str) -> None:
    """Raise InputError for an address that cannot be meant, and for a file that never ends."""
    try:
        parts = urllib.parse.urlsplit(address)
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError as error:
        raise InputError(f"{address}: not an address: {error}") from None
    if parts.scheme not in {"http", "https", "file"}:
        raise InputError(f"{address}: expected an address with http://, https:// or file://")
    if re.search(r"[\s\x00-\x1f\x7f]", address) or (parts.scheme != "file" and not has_host):
        raise InputError(f"{address}: not an address: a space inside, or no host")
    path = Path(urllib.request.url2pathname(parts.path))
    if parts.scheme == "file" and path.exists():
        require_regular(path)


def _open(address: str) -> Any:
    """Open an address; what it redirects to is http or https, as urllib has it, and never ftp."""
    opener = urllib.request.OpenerDirector()
    for handler in _HANDLERS:
        opener.add_handler(handler())
    return opener.open(address, timeout=TIMEOUT)


_HANDLERS = (
    urllib.request.ProxyHandler, urllib.request.UnknownHandler, urllib.request.HTTPHandler,
    urllib.request.HTTPSHandler, urllib.request.FileHandler, urllib.request.HTTPDefaultErrorHandler,
    urllib.request.HTTPRedirectHandler, urllib.request.HTTPErrorProcessor,
)  # fmt: skip


def _download(address: str, target: Path, most: int) -> None:
    start = time.monotonic()
    try:
        reply = _open(address)
    except (OSError, http.client.HTTPException, ValueError) as error:
        if isinstance(error, urllib.error.HTTPError):
            error.close()
        reason = getattr(error, "reason", None) or error
        raise WorkbenchError(f"{address}: cannot be fetched: {reason}") from None
    length = reply.headers.get("Content-Length")
    total = int(length) if length and length.isascii() and length.isdigit() else None
    received = 0
    with reply, target.open("wb") as out:
        while chunk := _next_chunk(reply, received):
            received += len(chunk)
            if max(received, total or 0) > most:
                raise WorkbenchError(f"{address}: more than {most:,} bytes: not the archive, given up")
            if time.monotonic() - start > LONGEST:
                raise WorkbenchError(f"{address}: {received:,} bytes in an hour, given up")
            out.write(chunk)
    if total is not None and received != total:
        raise WorkbenchError(f"{address}: the connection ended after {received:,} of {total:,} bytes")


def _next_chunk(reply: Any, received: int) -> bytes:
    # Apart from the writing: a full disk is an OSError too and must not read as a network failure.
    try:
        # What has come, not all that was asked for: a server may send a byte a minute.
        return bytes(reply.read1(1 << 18))
    except (OSError, http.client.HTTPException) as error:
        raise WorkbenchError(f"the download broke off after {received:,} bytes: {error}") from None

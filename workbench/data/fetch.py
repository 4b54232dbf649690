"""Fetching data sets that cannot be shipped: one archive each, checked before it is put in place."""

import hashlib
import http.client
import logging
import os
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import IO, Any

from pydantic import TypeAdapter

from workbench.errors import InputError, WorkbenchError
from workbench.storage.archives import Tree, open_tree
from workbench.storage.atomic import replacing

log = logging.getLogger(__name__)

Progress = Callable[[int, int | None], None]
"""Called with the bytes received so far and the total, None where the server does not say."""


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
    licence: str
    citation: tuple[str, ...]


def load_manifests() -> dict[str, Manifest]:
    """Return all shipped manifests by name."""
    manifests = {}
    folder = files("workbench.data").joinpath("manifests")
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".json"):
            manifest = TypeAdapter(Manifest).validate_json(entry.read_text(encoding="utf-8"))
            manifests[manifest.name] = manifest
    return manifests


def cache_folder() -> Path:
    """Return `$WORKBENCH_HOME`, or `~/.cache/rationale-workbench`; archives lie in `data` inside."""
    home = os.environ.get("WORKBENCH_HOME")
    return Path(home).expanduser() if home else Path.home() / ".cache" / "rationale-workbench"


def fetched_path(name: str) -> Path | None:
    """Return where a fetched data set lies in the cache; None where it has not been fetched."""
    path = cache_folder() / "data" / _manifest(name).archive
    return path if path.is_file() else None


def fetch(
    name: str,
    destination: Path | None = None,
    address: str | None = None,
    timeout: float = 60.0,
    progress: Progress | None = None,
) -> Path:
    """Download a data set, check every hash, put the archive in place, and return its path.

    Args:
        name: A manifest's name.
        destination: Folder for the archive; default: the cache.
        address: Replaces the manifest's (http, https or file).
        timeout: Seconds to wait for the server.
        progress: Called after every piece.

    Raises:
        InputError: Unknown name, or an address of another kind.
        WorkbenchError: The download fails, or the contents are not the manifest's; nothing is left.
    """
    manifest = _manifest(name)
    folder = Path(destination).expanduser() if destination else cache_folder() / "data"
    target = folder / manifest.archive
    source = address or manifest.address
    if urllib.parse.urlsplit(source).scheme not in {"http", "https", "file"}:
        raise InputError(f"{source}: expected an address with http://, https:// or file://")
    with replacing(target) as archive:
        _download(source, archive, timeout, progress)
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


def _download(address: str, target: Path, timeout: float, progress: Progress | None) -> None:
    try:
        reply = urllib.request.urlopen(address, timeout=timeout)
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise WorkbenchError(f"{address}: cannot be fetched: {reason}") from None
    length = reply.headers.get("Content-Length")
    total = int(length) if length and length.isdigit() else None
    received = 0
    with reply, target.open("wb") as out:
        while chunk := _next_chunk(reply, received):
            out.write(chunk)
            received += len(chunk)
            if progress is not None:
                progress(received, total)
    if total is not None and received != total:
        raise WorkbenchError(f"{address}: the connection ended after {received:,} of {total:,} bytes")


def _next_chunk(reply: IO[bytes], received: int) -> bytes:
    # Apart from the writing: a full disk is an OSError too and must not read as a network failure.
    try:
        return reply.read(1 << 18)
    except (OSError, http.client.HTTPException) as error:
        raise WorkbenchError(f"the download broke off after {received:,} bytes: {error}") from None

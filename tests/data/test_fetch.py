import contextlib
import dataclasses
import hashlib
import http.server
import io
import json
import tarfile
import threading

import pytest

from tests.helpers.docs_blocks import ROOT
from workbench.config.data import DataSettings
from workbench.data import fetch as fetching
from workbench.data.corpus import load_corpus
from workbench.data.fetch import fetch, fetched_path, load_manifests, verify
from workbench.data.recognising import sources
from workbench.errors import InputError, WorkbenchError
from workbench.storage.archives import open_tree

NAME = "eraser-movies"


@pytest.fixture
def archive(sample, tmp_path):
    """The sample as an archive."""
    path = tmp_path / "sample.tar.gz"
    with tarfile.open(path, "w:gz") as out:
        out.add(sample, "movies")
    return path


@pytest.fixture
def manifest(sample, monkeypatch):
    """A manifest that the sample fulfils, in place of the shipped one."""
    files = ("train.jsonl", "val.jsonl", "test.jsonl")
    count, digest = fetching.documents_digest(open_tree(sample))
    made = dataclasses.replace(
        load_manifests()[NAME],
        files={name: hashlib.sha256((sample / name).read_bytes()).hexdigest() for name in files},
        documents={"count": count, "sha256": digest},
    )
    monkeypatch.setattr(fetching, "load_manifests", lambda: {NAME: made})
    return made


def left_in(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def test_fetch_checks_and_puts_in_place(archive, manifest, home):
    path = fetch(NAME, address=archive.as_uri())
    assert path == fetched_path(NAME) == home / "data" / "eraser-movies.tar.gz"
    assert path.read_bytes() == archive.read_bytes()
    assert left_in(home) == [path]
    corpus = load_corpus(DataSettings(source="eraser", rationales="annotated"))
    assert len(corpus.splits["train"]) == 24
    assert {source.name: source.present for source in sources().values()}[NAME]


@pytest.mark.parametrize("what", ["files", "documents"])
def test_wrong_contents_are_refused_and_nothing_is_left(what, archive, manifest, home, monkeypatch):
    change = {"files": {"val.jsonl": "0" * 64}, "documents": {"count": 44, "sha256": "0" * 64}}[what]
    wrong = dataclasses.replace(manifest, **{what: change})
    monkeypatch.setattr(fetching, "load_manifests", lambda: {NAME: wrong})
    with pytest.raises(WorkbenchError, match=r"another SHA-256|documents are not those"):
        fetch(NAME, address=archive.as_uri())
    assert left_in(home) == []


def test_a_failed_fetch_keeps_the_copy_that_is_there(archive, manifest, home, tmp_path):
    path = fetch(NAME, address=archive.as_uri())
    before = path.read_bytes()
    (tmp_path / "junk.tar.gz").write_bytes(b"<html>moved</html>")
    with pytest.raises(WorkbenchError, match=r"junk.tar.gz: the archive: not a readable"):
        fetch(NAME, address=(tmp_path / "junk.tar.gz").as_uri())
    assert path.read_bytes() == before
    assert left_in(home) == [path]


def test_an_evil_archive_writes_nothing(manifest, home, tmp_path):
    with tarfile.open(tmp_path / "evil.tar.gz", "w:gz") as out:
        member = tarfile.TarInfo("movies/../../train.jsonl")
        member.size = 2
        out.addfile(member, io.BytesIO(b"{}"))
    with pytest.raises(WorkbenchError, match="leaves the archive's folder, refused"):
        fetch(NAME, address=(tmp_path / "evil.tar.gz").as_uri())
    assert left_in(home) == []


def test_no_network_wrong_names_and_addresses(home, tmp_path):
    with pytest.raises(WorkbenchError, match=r"gone.tar.gz: cannot be fetched"):
        fetch(NAME, address=(tmp_path / "gone.tar.gz").as_uri())
    # A port on which nothing listens.
    with pytest.raises(WorkbenchError, match=r"cannot be fetched"):
        fetch(NAME, address="http://127.0.0.1:9/movies.tar.gz")
    with pytest.raises(InputError, match=r"no data set 'nothing' to fetch; there are: eraser-movies"):
        fetch("nothing")
    with pytest.raises(InputError, match=r"expected an address with http"):
        fetch(NAME, address="ftp://example.org/x")
    assert left_in(home) == [] if home.exists() else True


def test_a_download_that_breaks_off_is_noticed(manifest, home, monkeypatch):
    class Reply(io.BytesIO):
        headers = {"Content-Length": "100"}  # noqa: RUF012

    monkeypatch.setattr(fetching, "_open", lambda _: Reply(b"short"))
    with pytest.raises(WorkbenchError, match=r"ended after 5 of 100 bytes"):
        fetch(NAME)
    assert left_in(home) == []


class Server(http.server.BaseHTTPRequestHandler):
    """Answers as the path says: /endless, /long, /ftp, /file."""

    def do_GET(self):
        target = {"/ftp": "ftp://127.0.0.1/x", "/file": "file:///etc/passwd"}.get(self.path)
        self.send_response(302 if target else 200)
        if target:
            self.send_header("Location", target)
        if self.path == "/long":
            self.send_header("Content-Length", str(2**40))
        self.end_headers()
        with contextlib.suppress(OSError):
            while not target:
                self.wfile.write(bytes(2**16))

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture(scope="module")
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/endless", r"/endless: more than 1,000,000 bytes: not the archive, given up"),
        ("/long", r"/long: more than 1,000,000 bytes"),
        ("/ftp", r"/ftp: cannot be fetched: unknown url type: ftp"),
        ("/file", r"/file: cannot be fetched"),
    ],
)
def test_endless_answers_and_other_redirects_leave_nothing(
    path, message, server, manifest, home, monkeypatch
):
    small = dataclasses.replace(manifest, max_bytes=1_000_000)
    monkeypatch.setattr(fetching, "load_manifests", lambda: {NAME: small})
    with pytest.raises(WorkbenchError, match=message) as caught:
        fetch(NAME, address=server + path)
    assert "\n" not in str(caught.value)
    assert left_in(home) == []


def test_a_server_that_drips_is_given_up(server, manifest, home, monkeypatch):
    monkeypatch.setattr(fetching, "LONGEST", -1.0)
    with pytest.raises(WorkbenchError, match=r"bytes in an hour, given up"):
        fetch(NAME, address=f"{server}/endless")
    assert left_in(home) == []


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("http://[::1", "not an address: Invalid IPv6 URL"),
        ("http://", "not an address"),
        ("http:///x.tar.gz", "not an address"),
        ("http://a:99999/x", "not an address: Port out of range"),
        ("http://a:b/x", "not an address: Port could not be cast"),
        ("http://a/x y", "a space inside"),
        ("http://a/x\x1b]0;y", "a space inside"),
        ("data:text/plain,x", "expected an address with http"),
        ("file:///dev/zero", "a device, pipe or socket"),
        ("", "expected an address with http"),
    ],
)
def test_malformed_addresses_are_wrong_input(address, message, home):
    with pytest.raises(InputError, match=message):
        fetch(NAME, address=address)
    assert not home.exists()


def test_the_shipped_manifest_fits_the_real_archive(movies):
    verify(open_tree(movies), load_manifests()[NAME])


def test_shipped_manifests_are_complete():
    for name, manifest in load_manifests().items():
        assert manifest.name == name
        assert manifest.licence
        assert manifest.citation
        assert manifest.address.startswith("http")
        assert all(len(digest) == 64 for digest in manifest.files.values())
        assert json.dumps(manifest.documents)


def test_list_names_every_kind(home):
    kinds = {source.name: source.kind for source in sources().values()}
    assert kinds == {
        "rotten-tomatoes": "packaged",
        "imdb": "packaged",
        "eraser-movies": "fetched",
        "eraser": "own",
        "glue": "own",
        "agnews": "own",
        "dbpedia": "own",
        "imdb-folder": "own",
        "20newsgroups": "own",
        "hatexplain": "own",
        "label-studio": "own",
        "prodigy": "own",
        "doccano": "own",
        "spacy": "own",
        "argilla": "own",
        "brat": "own",
        "conll": "own",
        "inception": "own",
        "esnli": "own",
        "cose": "own",
        "evidence-inference": "own",
        "squad": "own",
        "file": "own",
        "hub": "own",
    }
    (movies,) = (source for source in sources().values() if source.name == NAME)
    assert not movies.present
    assert movies.how == "workbench data fetch eraser-movies"


def test_the_page_on_data_has_every_reader_of_own_files():
    page = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
    own = {source.name for source in sources().values() if source.kind == "own"}
    assert {name for name in own if f"`{name}`" not in page} <= {"file", "hub"}

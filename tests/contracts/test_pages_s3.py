"""The page store in a bucket beyond the contract: what is sent, and what a server that refuses or is away means."""

import gzip
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pipeline.adapters import open_port
from pipeline.adapters.files import FilePages
from pipeline.adapters.s3 import S3Pages, answered, parse
from pipeline.errors import Misuse, PantauError, StorageFull, Unavailable
from pipeline.settings import load
from tests.s3_server import S3Server
from tests.stack.certificates import Authority

PAGE = b"<html><body><p>Menteri Wira Lestari hadir.</p></body></html>" * 50
KEYS = {"PANTAU_S3_ACCESS_KEY": "us", "PANTAU_S3_SECRET_KEY": "hush-hush"}


@pytest.fixture
def keys(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in s3_server.environment().items():
        monkeypatch.setenv(name, value)


def kept(pages: S3Pages, content: bytes = PAGE) -> str:
    key = pages.put(content)
    pages.sync()
    return key


def test_a_page_lies_as_it_lies_in_a_folder(s3_server: S3Server, keys: None, tmp_path: Path) -> None:
    key = kept(S3Pages(s3_server.url(prefix="news/pages")))
    FilePages(tmp_path).put(PAGE)
    found = s3_server.client("s3").get_object(Bucket=s3_server.bucket, Key=f"news/pages/{key[:2]}/{key}.gz")
    assert found["Body"].read() == (tmp_path / key[:2] / f"{key}.gz").read_bytes()
    assert found["ContentLength"] < len(PAGE) / 5


def test_a_known_page_is_not_sent_again(s3_server: S3Server, keys: None) -> None:
    url = s3_server.url(prefix="once")
    before = s3_server.requests("PUT")
    for pages in (S3Pages(url), S3Pages(url)):
        for _ in range(3):
            kept(pages)
    pages.put(PAGE)
    pages.put(PAGE)
    pages.sync()
    assert s3_server.requests("PUT") == before + 1


def test_what_was_put_is_there_for_others_after_sync(s3_server: S3Server, keys: None) -> None:
    contents = [b"page %d" % number for number in range(50)]
    one, other = (S3Pages(s3_server.url(prefix="shared")) for _ in range(2))
    names = [one.put(content) for content in contents]
    one.sync()
    assert [other.get(name) for name in names] == contents


@pytest.mark.parametrize("damage", [lambda packed: packed[:-9], lambda packed: gzip.compress(b"another page")])
def test_a_damaged_page_is_said_to_be_damaged(
    s3_server: S3Server, keys: None, damage: Callable[[bytes], bytes]
) -> None:
    pages, client = S3Pages(s3_server.url(prefix="damaged")), s3_server.client("s3")
    key = kept(pages)
    where = {"Bucket": s3_server.bucket, "Key": f"damaged/{key[:2]}/{key}.gz"}
    packed = client.get_object(**where)["Body"].read()
    client.put_object(**where, Body=damage(packed))
    with pytest.raises(Unavailable, match=rf"s3://pages/damaged/.*{key}.gz is damaged: .*upload it again"):
        pages.get(key)
    client.delete_object(**where)


# What is wrong


def test_a_missing_bucket_is_a_mistake_in_the_settings(s3_server: S3Server, keys: None) -> None:
    pages = S3Pages(s3_server.url(bucket="nowhere"))
    for call in (lambda: kept(pages), lambda: pages.get("0" * 64)):
        with pytest.raises(Misuse, match=r"no bucket s3://nowhere at http.*: make it, or correct PANTAU_PAGES"):
            call()


@pytest.mark.parametrize("wrong", ["PANTAU_S3_ACCESS_KEY", "PANTAU_S3_SECRET_KEY"])
def test_a_wrong_key_is_said_and_not_shown(
    s3_server: S3Server, keys: None, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    monkeypatch.setenv(wrong, "hush-hush")
    pages = S3Pages(s3_server.url())
    for call in (lambda: kept(pages), lambda: pages.get("0" * 64)):
        with pytest.raises(Unavailable, match=r"refuses the key .*: correct PANTAU_S3_ACCESS_KEY and") as raised:
            call()
        assert "hush" not in str(raised.value)


def test_a_server_that_is_away_is_said_and_the_page_goes_in_when_it_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    with S3Server() as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        pages = S3Pages(server.url())
        server.stop()
        with pytest.raises(Unavailable, match=r"no server answers for s3://pages at http.*: start it, or correct"):
            kept(pages)
        server.start()
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        pages = S3Pages(server.url())
        assert pages.get(kept(pages)) == PAGE


def test_tls_needs_the_authority_of_the_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, other = Authority(tmp_path / "ours"), Authority(tmp_path / "other")
    with S3Server(authority=ours) as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        assert kept(S3Pages(server.url(options=f"&ca={ours.certificate}")))
        for options in ("", f"&ca={other.certificate}"):
            with pytest.raises(Unavailable, match=r"certificate of s3://pages at https.* is not trusted: add ca=FILE"):
                kept(S3Pages(server.url(options=options)))


@pytest.mark.parametrize(
    ("code", "status", "kind", "said"),
    [
        ("XMinioStorageFull", 507, StorageFull, "no room left in s3://b at http://h:1 .*: free some"),
        ("QuotaExceeded", 403, StorageFull, "raise its quota"),
        ("AccessDenied", 403, Unavailable, "s3:GetObject, s3:PutObject and s3:ListBucket"),
        ("AuthorizationHeaderMalformed", 400, Misuse, "add region="),
        ("SlowDown", 503, Unavailable, "cannot be used now .*SlowDown"),
    ],
)
def test_answers_become_sentences(code: str, status: int, kind: type[PantauError], said: str) -> None:
    answer: Any = {"Error": {"Code": code, "Message": "x"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    found = answered(ClientError(answer, "PutObject"), parse("s3://b?endpoint=http://h:1", KEYS))
    assert type(found) is kind
    with pytest.raises(kind, match=said):
        raise found


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("s3:", "names no bucket: write s3://bucket"),
        ("s3:///pages", "names no bucket"),
        ("s3://key:hush-hush@bucket", "put keys into PANTAU_S3_ACCESS_KEY"),
        ("s3://bucket?endpoint=objects:9000", "write http://host:port"),
        ("s3://bucket?ednpoint=http://x", "option 'ednpoint': there are endpoint, region, ca"),
        ("s3://bucket?ca=/no/such/file", "there is no file /no/such/file"),
    ],
)
def test_a_wrong_url_is_refused_with_the_cure(url: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(Misuse, match=said) as raised:
        open_port("pages", url)
    assert "hush" not in str(raised.value)


def test_keys_come_from_settings_and_are_never_shown(tmp_path: Path) -> None:
    with pytest.raises(Misuse, match="s3: needs PANTAU_S3_ACCESS_KEY, and PANTAU_S3_SECRET_KEY_FILE"):
        parse("s3://bucket", {})
    (tmp_path / "key").write_text("hush-hush\n")
    environment = {"PANTAU_S3_ACCESS_KEY": "us", "PANTAU_S3_SECRET_KEY_FILE": str(tmp_path / "key")}
    load(environment, tmp_path)
    address = parse("s3://bucket/a/b/?region=eu-central-1", environment)
    assert (address.bucket, address.prefix, address.region) == ("bucket", "a/b/", "eu-central-1")
    assert address.secret_key == "hush-hush"
    assert "hush" not in repr(address) + str(address)


def test_other_commands_do_not_load_the_client() -> None:
    program = "import sys, pipeline.cli.app; sys.exit('botocore' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0

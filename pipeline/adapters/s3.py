"""The page store in a bucket of S3, or of any server that speaks its protocol (MinIO, SeaweedFS, Ceph, R2).

    s3://bucket/prefix?region=eu-central-1
    s3://bucket/prefix?endpoint=https://objects.example:9000&ca=/etc/pantau/objects.crt

endpoint    where the server is; Amazon when it is left out
region      us-east-1 when it is left out
ca          a file in PEM: the authority that signed the server's certificate, when the system does not know it

The keys come from PANTAU_S3_ACCESS_KEY and PANTAU_S3_SECRET_KEY, or the file that PANTAU_S3_SECRET_KEY_FILE names; what
other programs keep of them (~/.aws, AWS_*) is not read. Pages lie as `pipeline.adapters.packing` says. The client is
botocore alone: 0.2 s of start and 40 MB (measured), and boto3 would add nothing that is used here.

Uploads go on in threads, since a server takes milliseconds for each, and `sync` waits for them: what a batch needs is
durable before it is recorded anywhere, as in a folder.
"""

import os
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import botocore.session
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
    ResponseStreamingError,
    SSLError,
)

from pipeline.adapters.packing import key_of, pack, place_of, unpack
from pipeline.errors import Misuse, PantauError, StorageFull, Unavailable
from pipeline.settings import secret

OPTIONS = ("endpoint", "region", "ca")
UPLOADS = 8
"""Pages that are sent at the same time."""
ATTEMPTS = 4
"""How often one request is sent at most, with full jitter of up to 7 s in all between them."""

_FULL = {"XMinioStorageFull", "InsufficientStorage", "QuotaExceeded", "XMinioAdminBucketQuotaExceeded", "507"}
_WRONG_KEY = {"InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "401"}
_ELSEWHERE = {"PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "301"}


@dataclass(frozen=True)
class Address:
    """A parsed URL. The secret key is not shown when the object is printed."""

    bucket: str
    prefix: str
    endpoint: str | None
    region: str
    ca: str | None
    access_key: str
    secret_key: str = field(repr=False)

    def __str__(self) -> str:
        """The bucket and where it is."""
        return f"s3://{self.bucket} at {self.endpoint or 'Amazon, ' + self.region}"


def parse(url: str, environment: Mapping[str, str] = os.environ) -> Address:
    """Read a URL. Raises Misuse, naming what is wrong."""
    parts = urlsplit(url)
    if "@" in parts.netloc:
        raise Misuse("PANTAU_PAGES names a key: put keys into PANTAU_S3_ACCESS_KEY and PANTAU_S3_SECRET_KEY_FILE")
    if not parts.netloc:
        raise Misuse("PANTAU_PAGES names no bucket: write s3://bucket/prefix?endpoint=https://host:port")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if unknown := options.keys() - set(OPTIONS):
        raise Misuse(f"PANTAU_PAGES has the option {min(unknown)!r}: there are {', '.join(OPTIONS)}")
    endpoint, ca = options.get("endpoint"), options.get("ca")
    if endpoint and not (urlsplit(endpoint).scheme in ("http", "https") and urlsplit(endpoint).netloc):
        raise Misuse(f"endpoint={endpoint} in PANTAU_PAGES: write http://host:port or https://host:port")
    if ca and not Path(ca).is_file():
        raise Misuse(f"there is no file {ca}: write the path of the certificate authority after ca= in PANTAU_PAGES")
    access_key, secret_key = environment.get("PANTAU_S3_ACCESS_KEY"), secret("PANTAU_S3_SECRET_KEY", environment)
    if not (access_key and secret_key):
        raise Misuse("s3: needs PANTAU_S3_ACCESS_KEY, and PANTAU_S3_SECRET_KEY_FILE or PANTAU_S3_SECRET_KEY")
    prefix = parts.path.strip("/")
    region = options.get("region") or "us-east-1"
    return Address(parts.netloc, prefix and prefix + "/", endpoint, region, ca, access_key, secret_key)


def connect(address: Address) -> Any:
    """A client, which any thread may use. Nothing is sent yet."""
    config = Config(
        connect_timeout=10,
        read_timeout=60,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        max_pool_connections=UPLOADS,
        s3={"addressing_style": "path" if address.endpoint else "auto"},
        # Servers other than Amazon's do not know its new checksums; what comes back is compared with its hash anyway.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        ignore_configured_endpoint_urls=True,
    )
    return botocore.session.Session().create_client(
        "s3",
        region_name=address.region,
        endpoint_url=address.endpoint,
        verify=address.ca,
        aws_access_key_id=address.access_key,
        aws_secret_access_key=address.secret_key,
        config=config,
    )


class S3Pages:
    """A page store in a bucket, which has to be there. Any thread may call its methods.

    Raises Misuse for a bucket that is not there, StorageFull when it is full, else Unavailable.
    """

    def __init__(self, url: str | Path) -> None:
        self._address = parse(str(url))
        with self._translated():
            self._client = connect(self._address)
        self._uploads = ThreadPoolExecutor(UPLOADS, "pages")
        self._pending: dict[str, Future[None]] = {}
        self._lock = threading.Lock()

    def put(self, content: bytes) -> str:
        """Begin to keep the bytes and return their key (SHA-256, hex). What is there already is not sent again."""
        key = key_of(content)
        with self._lock:
            if key not in self._pending:
                self._pending[key] = self._uploads.submit(self._keep, key, content)
        return key

    def get(self, key: str) -> bytes:
        """The bytes under a key. Raises KeyError when they are not there."""
        name = self._name(key)
        if pending := self._pending.get(key):
            pending.result()
        with self._translated():
            try:
                packed = self._client.get_object(Bucket=self._address.bucket, Key=name)["Body"].read()
            except ClientError as error:
                if _code(error) == "NoSuchKey":
                    raise KeyError(key) from None
                raise
        return unpack(key, packed, f"s3://{self._address.bucket}/{name}")

    def sync(self) -> None:
        """Return when all pages put so far are kept by the server. Raises what kept one of them from it."""
        with self._lock:
            pending, self._pending = self._pending, {}
        for upload in pending.values():
            upload.result()

    def _keep(self, key: str, content: bytes) -> None:
        with self._translated():
            if not self._has(key):
                self._client.put_object(
                    Bucket=self._address.bucket, Key=self._name(key), Body=pack(content), ContentType="application/gzip"
                )

    def _has(self, key: str) -> bool:
        """Whether the page is there. Any refusal counts as no: sending the page gets an answer that says why."""
        try:
            self._client.head_object(Bucket=self._address.bucket, Key=self._name(key))
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
                raise
            return False
        return True

    def _name(self, key: str) -> str:
        return self._address.prefix + place_of(key)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            raise answered(error, self._address) from error
        except (BotoCoreError, ResponseStreamingError) as error:
            raise unanswered(error, self._address) from error


def answered(error: ClientError, address: Address) -> PantauError:
    """What an answer of the server means for people."""
    code = _code(error)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    if code == "NoSuchBucket":
        return Misuse(f"there is no bucket {address}: make it, or correct PANTAU_PAGES")
    if code in _ELSEWHERE:
        return Misuse(f"{address} is in another region: add region=... to PANTAU_PAGES")
    if code in _WRONG_KEY:
        return Unavailable(
            f"{address} refuses the key ({code}): correct PANTAU_S3_ACCESS_KEY and PANTAU_S3_SECRET_KEY_FILE"
        )
    if code in _FULL or status == 507:
        return StorageFull(f"no room left in {address} ({code}): free some, or raise its quota; nothing is lost")
    if status == 403:
        return Unavailable(
            f"{address} does not allow this ({code}): give the key s3:GetObject, s3:PutObject and s3:ListBucket"
        )
    said = str(error.response.get("Error", {}).get("Message", ""))[:200]
    return Unavailable(f"{address} cannot be used now ({code} {said}): look at the server's log, then go on")


def unanswered(error: Exception, address: Address) -> Unavailable:
    """What it means for people that no answer came that can be read."""
    if isinstance(error, SSLError):
        return Unavailable(
            f"the certificate of {address} is not trusted: add ca=FILE with its authority to PANTAU_PAGES"
        )
    if isinstance(error, EndpointConnectionError | ConnectTimeoutError):
        return Unavailable(f"no server answers for {address}: start it, or correct endpoint in PANTAU_PAGES")
    if isinstance(error, ReadTimeoutError):
        return Unavailable(f"{address} did not answer within 60 s: look at its load, then go on")
    return Unavailable(f"{address} cannot be used ({error}): correct PANTAU_PAGES, or look at the server's log")


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))

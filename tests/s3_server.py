"""A server that speaks the protocol of S3 and checks keys, on 127.0.0.1: moto in a process of its own.

with S3Server() as s3:
    s3.url("pages")         "s3://pages/?endpoint=http://127.0.0.1:24001", a bucket that is there
    s3.environment()        the settings that hold its keys
"""

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Self

import botocore.session
from botocore.config import Config

from tests.stack.certificates import Authority
from tests.stack.servers import free_ports, with_us

_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
_UNCHECKED = 4
"""Requests that make the user and the bucket; from then on every key is checked."""


class S3Server:
    """The server, with one user and one bucket."""

    def __init__(self, bucket: str = "pages", authority: Authority | None = None) -> None:
        """With an authority, which signs its certificate, it speaks TLS."""
        self.bucket, self._authority = bucket, authority
        (self.port,) = free_ports(1)
        self.endpoint = f"http{'s' if authority else ''}://127.0.0.1:{self.port}"
        self._log = tempfile.NamedTemporaryFile(prefix="pantau-s3-", suffix=".log")  # noqa: SIM115 - closed with us
        self._process: subprocess.Popen[bytes] | None = None
        self.access_key = self.secret_key = ""  # made anew with each start

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._log.close()

    def start(self) -> None:
        """Start the server, with nothing in it but the user and the bucket."""
        argv = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]
        if self._authority:
            certificate, key = self._authority.certify("objects")
            argv += ["--ssl", "--ssl-cert", str(certificate), "--ssl-key", str(key)]
        environment = os.environ | {"INITIAL_NO_AUTH_ACTION_COUNT": str(_UNCHECKED)}
        self._process = subprocess.Popen(argv, stdout=self._log, stderr=self._log, env=environment, preexec_fn=with_us)  # noqa: PLW1509 - prctl alone
        end = time.monotonic() + 30
        while not self._answers():
            assert time.monotonic() < end, Path(self._log.name).read_text()
            time.sleep(0.1)
        self._prepare()

    def stop(self) -> None:
        """End the server; what it kept is gone."""
        if self._process:
            self._process.terminate()
            self._process.wait(10)
            self._process = None

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def client(self, service: str) -> Any:
        return botocore.session.Session().create_client(
            service,
            region_name="us-east-1",
            endpoint_url=self.endpoint,
            verify=str(self._authority.certificate) if self._authority else None,
            aws_access_key_id=self.access_key or "nobody",
            aws_secret_access_key=self.secret_key or "nothing",
            config=Config(s3={"addressing_style": "path"}),
        )

    def _prepare(self) -> None:
        self.access_key = self.secret_key = ""
        users = self.client("iam")
        users.create_user(UserName="pantau")
        made = users.create_access_key(UserName="pantau")["AccessKey"]
        users.put_user_policy(UserName="pantau", PolicyName="all", PolicyDocument=json.dumps(_ALL))
        self.client("s3").create_bucket(Bucket=self.bucket)
        self.access_key, self.secret_key = made["AccessKeyId"], made["SecretAccessKey"]

    def url(self, bucket: str | None = None, prefix: str = "", options: str = "") -> str:
        return f"s3://{bucket or self.bucket}/{prefix}?endpoint={self.endpoint}{options}"

    def environment(self) -> dict[str, str]:
        return {"PANTAU_S3_ACCESS_KEY": self.access_key, "PANTAU_S3_SECRET_KEY": self.secret_key}

    def requests(self, method: str) -> int:
        """How many requests of this method it has answered."""
        return len(re.findall(rf'"(?:\x1b\[[\d;]*m)*{method} /', Path(self._log.name).read_text()))

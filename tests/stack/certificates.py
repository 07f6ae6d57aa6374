"""Certificates for servers on 127.0.0.1, signed by an authority of our own: openssl makes them."""

import subprocess
from pathlib import Path


class Authority:
    """A certificate authority in a folder. `certificate` is whom to trust."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        self.certificate, self._key = folder / "ca.pem", folder / "ca-key.pem"
        _openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=pantau-test-ca",
                 "-addext", "keyUsage=critical,keyCertSign",
                 "-keyout", self._key, "-out", self.certificate)  # fmt: skip

    def certify(self, name: str) -> tuple[Path, Path]:
        """Make a certificate for 127.0.0.1 and its key, each a file in PEM."""
        request, certificate, key = (self._folder / f"{name}{end}" for end in (".csr", ".pem", "-key.pem"))
        _openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        extensions = self._folder / "extensions"
        extensions.write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\nbasicConstraints=CA:FALSE\n")
        _openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self._key, "-CAcreateserial",
                 "-days", "2", "-extfile", extensions, "-out", certificate)  # fmt: skip
        return certificate, key


def _openssl(*words: str | Path) -> None:
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)

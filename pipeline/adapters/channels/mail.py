"""The channel `mailto:...`: alerts and digests as mail, through the server that PANTAU_SMTP names.

    smtps://user@host:465?from=pantau@example.org    TLS from the first byte
    smtp://user@host:587?from=pantau@example.org     STARTTLS, without which nothing is sent

`ca=FILE` names the authority of a certificate that the system does not know, and `tls=none` leaves TLS out, which goes
with no password. The password is PANTAU_SMTP_PASSWORD or stands in the file that PANTAU_SMTP_PASSWORD_FILE names.
"""

import contextlib
import os
import smtplib
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from pipeline.adapters import keys
from pipeline.adapters.channels import Refusal
from pipeline.errors import Misuse, Reject, TryLater, Unavailable
from pipeline.news import words
from pipeline.news.telling import digest_html, digest_text, subject
from pipeline.settings import secret
from schemas.alert import AlertRaised

SECONDS = 20.0
"""Longest wait for an answer of the server."""
_SAMPLE = "smtps://user@mail.example.org:465?from=pantau@example.org"


@dataclass(frozen=True)
class Server:
    """The mail server of this installation. `tls` is "smtps", "starttls" or "none"."""

    host: str
    port: int
    tls: str
    sender: str
    user: str | None = None
    ca: str | None = None


def server(url: str) -> Server:
    """Read PANTAU_SMTP. Raises Misuse."""
    try:
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
        port = parts.port or (465 if parts.scheme == "smtps" else 587)
        tls = "smtps" if parts.scheme == "smtps" else options.pop("tls", "starttls")
        sender, ca = options.pop("from", ""), options.pop("ca", None)
        good = (
            parts.scheme in ("smtp", "smtps")
            and parts.hostname
            and "@" in sender
            and not options
            and not parts.password
        )
    except ValueError:
        good = False
    if not good or tls not in ("smtps", "starttls", "none"):
        raise Misuse(f"PANTAU_SMTP cannot be used: write {_SAMPLE}, the password into PANTAU_SMTP_PASSWORD_FILE")
    return Server(parts.hostname or "", port, tls, sender, unquote(parts.username) if parts.username else None, ca)


class Mail:
    """Sends mail. The same alerts have the same Message-ID in every attempt; those of one utterance are one thread."""

    together = True

    def __init__(self, home: Path) -> None:
        self._home = home

    def send(self, url: str, alerts: Sequence[AlertRaised]) -> None:
        """See Channel."""
        try:
            there = _set_up()
        except Misuse as error:
            raise TryLater(60.0, str(error)) from error
        pause = None if alerts[0].notice else keys.pause_link(self._home, alerts[0].watch_id)
        mail = message(there.sender, url.removeprefix("mailto:"), alerts, pause)
        try:
            with _session(there) as session:
                session.send_message(mail)
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
            code, said = _answer(error)
            if 500 <= code < 600:
                raise Reject(Refusal.REFUSED, f"{there.host} refuses the mail with {code} {said}") from error
            raise TryLater(60.0, f"{there.host} answers {code} {said}") from error
        except Unavailable as error:
            raise TryLater(60.0, str(error)) from error
        except (smtplib.SMTPException, OSError) as error:
            raise TryLater(10.0, f"{there.host} does not take mail: {_said(error)}") from error

    def examine(self, url: str) -> str:
        """See Channel. It goes as far as the password and sends nothing."""
        there = _set_up()
        try:
            with _session(there) as session:
                session.noop()
        except (smtplib.SMTPException, OSError) as error:
            raise Unavailable(
                f"the mail server {there.host} cannot be used ({_said(error)}): correct PANTAU_SMTP"
            ) from error
        return f"{there.host} takes mail from {there.sender}"


def message(sender: str, to: str, alerts: Sequence[AlertRaised], pause: str | None) -> EmailMessage:
    """The mail for one alert or a digest."""
    first, domain = alerts[0], sender.rpartition("@")[2]
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = ("[sample] " if first.sample else "") + subject(alerts)
    mail["From"], mail["To"] = f"Pantau <{sender}>", to
    mail["Date"] = format_datetime(max(alert.raised_at for alert in alerts))
    id = first.alert_id if len(alerts) == 1 else words.identity(*(alert.alert_id for alert in alerts))
    mail["Message-ID"] = f"<{id}@{domain}>"
    if len(alerts) == 1 and not first.notice:
        thread = words.identity(first.watch_id, first.heard.utterance.utterance_id, "thread")
        mail["In-Reply-To"] = mail["References"] = f"<{thread}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    if pause:
        mail["List-Unsubscribe"] = f"<{pause}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(digest_text(alerts, pause))
    mail.add_alternative(digest_html(alerts, pause), subtype="html")
    return mail


def _set_up() -> Server:
    url = os.environ.get("PANTAU_SMTP")
    if not url:
        raise Misuse(f"no mail server is named: set PANTAU_SMTP, such as {_SAMPLE}")
    return server(url)


@contextlib.contextmanager
def _session(there: Server) -> Iterator[smtplib.SMTP]:
    """A connection, secured and logged in as the settings say."""
    context = None if there.tls == "none" else ssl.create_default_context(cafile=there.ca)
    if there.tls == "smtps":
        session: smtplib.SMTP = smtplib.SMTP_SSL(there.host, there.port, timeout=SECONDS, context=context)
    else:
        session = smtplib.SMTP(there.host, there.port, timeout=SECONDS)
    with session:
        if there.tls == "starttls":
            session.starttls(context=context)
        password = secret("PANTAU_SMTP_PASSWORD")
        if there.user and password and there.tls != "none":
            session.login(there.user, password)
        yield session


def _answer(error: smtplib.SMTPException) -> tuple[int, str]:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(error.recipients.values()))
    else:
        code, said = error.smtp_code, error.smtp_error  # type: ignore[attr-defined]
    return code, said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)


def _said(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__

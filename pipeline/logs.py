"""Structured logs: one JSON object a line on standard error, with the article's trace id where there is one."""

import json
import logging
import sys

FIELDS = ("agent", "trace", "reason", "error")


class JsonLines(logging.Formatter):
    """Formats a record as JSON. json.dumps escapes line breaks and control characters, so no text can forge a line."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        line = {"at": self.formatTime(record), "level": record.levelname.lower(), "message": record.getMessage()}
        line |= {name: record.__dict__[name] for name in FIELDS if name in record.__dict__}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)


def start(level: str) -> None:
    """Write Pantau's logs from this level on, and the errors of other libraries."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(handlers=[handler], level=logging.ERROR, force=True)
    logging.getLogger("pantau").setLevel(level.upper())
    logging.getLogger("kafka").setLevel(logging.CRITICAL)  # it tells each attempt; our own error tells it once

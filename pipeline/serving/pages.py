"""The few pages that people see."""

from html import escape

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex">
<title>{title}</title>
<link rel="stylesheet" href="/page.css">
<main>
<h1>{title}</h1>
{body}
</main>
</html>
"""


def document(title: str, body: str, *values: str) -> str:
    """A page. `body` is markup with a {} for each of `values`, which are escaped."""
    return _PAGE.format(title=escape(title), body=body.format(*map(escape, values)))

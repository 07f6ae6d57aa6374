"""Whether what the server has is what this version of Pantau needs, and what to do where it is not."""

from collections.abc import Iterator, Mapping
from typing import Any

from elasticsearch import ApiError, Elasticsearch, NotFoundError

from pipeline.adapters.elasticsearch.connection import Address, denied, translated
from pipeline.adapters.elasticsearch.mapping import differences, template
from pipeline.adapters.elasticsearch.shelf import alias, read_name
from pipeline.errors import Unavailable
from pipeline.ports import Finding
from schemas.documents import FAMILIES

NAMED = 5
"""How many fields that differ are named."""
SERVERS = ((8, 19), (10, 0))
"""The first version that serves, and the first that is not known."""
RIGHTS = ("read", "index", "delete", "maintenance", "view_index_metadata", "manage")
"""What writing and reading need."""


def about(client: Elasticsearch, address: Address) -> str:
    """What answers there. Raises Unavailable for a version that does not serve or a right that is missing."""
    with translated(address):
        number = _version(client)
        missing = _missing(client, address.prefix)
    if number and not SERVERS[0] <= tuple(map(int, number.split(".")[:2])) < SERVERS[1]:
        raise Unavailable(f"Elasticsearch at {address} is {number}: install one from 8.19 to 9.x")
    if missing:
        raise denied(address, f"missing on {address.prefix}-*: {', '.join(missing)}")
    return f"Elasticsearch {number or 'of a version that it does not tell us'}"


def _version(client: Elasticsearch) -> str | None:
    """The version, None for who may not ask for it."""
    try:
        return str(client.info()["version"]["number"])
    except ApiError as error:
        if error.status_code != 403:
            raise
        return None


def _missing(client: Elasticsearch, prefix: str) -> list[str]:
    """The rights that writing and reading need and this user does not have; none where nobody needs any."""
    names = f"{prefix}-*"
    try:
        answer = client.security.has_privileges(index=[{"names": [names], "privileges": list(RIGHTS)}])
    except ApiError as error:
        if error.status_code not in (400, 405, 500):  # what servers of different versions say without security
            raise
        return []
    return [right for right, held in answer["index"][names].items() if not held]


def check(client: Elasticsearch, address: Address) -> list[Finding]:
    """All that is wrong. Raises Unavailable when the server cannot be asked."""
    with translated(address):
        return [finding for family in FAMILIES for finding in _check_family(client, address.prefix, family)]


def strangers(client: Elasticsearch, address: Address) -> list[Finding]:
    """What somebody else made under names that Pantau writes to. Nothing may be written before it is gone."""
    with translated(address):
        return [finding for family in FAMILIES for finding in _strangers(client, address.prefix, family)]


def _strangers(client: Elasticsearch, prefix: str, family: str) -> Iterator[Finding]:
    name = alias(prefix, family)
    read = client.indices.get(index=name, ignore_unavailable=True, filter_path="*.settings.index.uuid")
    if name in read:
        yield Finding(f"index {name}", "was not made by Pantau, which needs the name", "rename or delete it")
        return
    live = max((found.generation for index in read if (found := read_name(index))), default=None)
    for index in sorted(client.indices.get(index=f"{name}-*", filter_path="*.settings.index.uuid")):
        found = read_name(index)
        if found and index not in read and live in (None, found.generation):
            cure = f"delete or rename it, or give it the alias {name} if Pantau made it"
            yield Finding(f"index {index}", "is not read by Pantau and has a name that Pantau writes to", cure)
    template = _template(client, name)
    if template and not _ours(template):
        yield Finding(f"template {name}", "was not made by Pantau, which needs the name", "rename or delete it")


def _check_family(client: Elasticsearch, prefix: str, family: str) -> Iterator[Finding]:
    name = alias(prefix, family)
    foreign = list(_strangers(client, prefix, family))
    yield from foreign
    yield from _check_template(client, prefix, family)
    found = client.indices.get(index=name, ignore_unavailable=True)
    if name in found:
        return
    if not found and not foreign:
        yield Finding(f"alias {name}", "is not there", "run pantau index create")
    ours = [read for index in found if (read := read_name(index)) and read.prefix == prefix]
    if len({read.generation for read in ours}) > 1:
        cure = f"remove the alias {name} from the lower generations, then run pantau index reindex"
        yield Finding(name, "reads several generations at once", cure)
    for index, state in sorted(found.items()):
        yield from _check_index(index, state, prefix, family)


def _check_template(client: Elasticsearch, prefix: str, family: str) -> Iterator[Finding]:
    name, wanted = alias(prefix, family), template(prefix, family)
    found = _template(client, name)
    if found == {}:
        yield Finding(f"template {name}", "is not there", "run pantau index create")
    if not found or not _ours(found):
        return
    same = found.get("_meta") == wanted["_meta"] and found["index_patterns"] == wanted["index_patterns"]
    if not same or found["template"].get("mappings") != wanted["template"]["mappings"]:
        yield Finding(f"template {name}", "is of another version of Pantau", "run pantau index create")


def _template(client: Elasticsearch, name: str) -> dict[str, Any] | None:
    """The index template of this name, {} where there is none.

    None for who may only read and write: such a user cannot see templates, and does not need them.
    """
    try:
        found: dict[str, Any] = client.indices.get_index_template(name=name)["index_templates"][0]["index_template"]
    except NotFoundError:
        return {}
    except ApiError as error:
        if error.status_code != 403:
            raise
        return None
    return found


def _ours(template: Mapping[str, Any]) -> bool:
    """Whether some version of Pantau made a template: it is marked, or the mappings that it gives."""
    marks = template.get("_meta", {}), template["template"].get("mappings", {}).get("_meta", {})
    return any("pantau" in mark for mark in marks)


def _check_index(index: str, state: Mapping[str, Any], prefix: str, family: str) -> Iterator[Finding]:
    name = read_name(index)
    if name is None or (name.prefix, name.family) != (prefix, family):
        cure = f"take the alias {alias(prefix, family)} from it"
        yield Finding(index, f"was not made by Pantau and is read as {family}", cure)
    if state["settings"]["index"].get("blocks", {}).get("write") == "true":
        cure = "run pantau index reindex again"
        yield Finding(index, "is closed for writing, as an interrupted reindex leaves it", cure)
    if differing := differences(family, state["mappings"]):
        more = f" and {len(differing) - NAMED} more" if len(differing) > NAMED else ""
        yield Finding(index, "; ".join(differing[:NAMED]) + more, "run pantau index reindex")

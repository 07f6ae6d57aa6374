"""Whether what the server has is what this version of Pantau needs, and what to do where it is not."""

from collections.abc import Iterator, Mapping
from typing import Any

from elasticsearch import ApiError, Elasticsearch, NotFoundError

from pipeline.adapters.elasticsearch.connection import Address, translated
from pipeline.adapters.elasticsearch.mapping import mappings, template, version
from pipeline.adapters.elasticsearch.shelf import alias, read_name
from pipeline.ports import Finding
from schemas.documents import FAMILIES

NAMED = 5
"""How many fields that differ are named."""


def check(client: Elasticsearch, address: Address) -> list[Finding]:
    """All that is wrong. Raises Unavailable when the server cannot be asked."""
    with translated(address):
        return [finding for family in FAMILIES for finding in _check_family(client, address.prefix, family)]


def _check_family(client: Elasticsearch, prefix: str, family: str) -> Iterator[Finding]:
    yield from _check_template(client, prefix, family)
    name = alias(prefix, family)
    found = client.indices.get(index=name, ignore_unavailable=True)
    if name in found:
        yield Finding(name, "is an index and should be an alias", "reindex it to another name and delete it")
        return
    if not found:
        orphans = client.indices.get(index=f"{name}-*", filter_path="*.settings.index.uuid")
        cure = f"give it to one generation of {name}-*" if orphans else "run pantau index create"
        yield Finding(f"alias {name}", "is not there", cure)
    ours = [read for index in found if (read := read_name(index)) and read.prefix == prefix]
    if len({read.generation for read in ours}) > 1:
        cure = f"remove the alias {name} from the lower generations, then run pantau index reindex"
        yield Finding(name, "reads several generations at once", cure)
    for index, state in sorted(found.items()):
        yield from _check_index(index, state, prefix, family)


def _check_template(client: Elasticsearch, prefix: str, family: str) -> Iterator[Finding]:
    name, wanted = alias(prefix, family), template(prefix, family)
    try:
        found = client.indices.get_index_template(name=name)["index_templates"][0]["index_template"]
    except NotFoundError:
        yield Finding(f"template {name}", "is not there", "run pantau index create")
        return
    except ApiError as error:
        if error.status_code != 403:
            raise
        return  # who may only read and write cannot see templates, and does not need them
    same = found.get("_meta") == wanted["_meta"] and found["index_patterns"] == wanted["index_patterns"]
    if not same or found["template"].get("mappings") != wanted["template"]["mappings"]:
        yield Finding(f"template {name}", "is of another version of Pantau", "run pantau index create")


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


def differences(family: str, found: Mapping[str, Any]) -> list[str]:
    """How a mapping differs from that of a family, one phrase for each field."""
    wanted, actual = dict(_flat(mappings(family)["properties"])), dict(_flat(found.get("properties", {})))
    lines = [f"has no field {name}" for name in wanted if name not in actual]
    lines += [f"has the unknown field {name}" for name in actual if name not in wanted]
    lines += [
        f"{name} is {_shown(actual[name])}, not {_shown(wanted[name])}"
        for name in wanted
        if name in actual and actual[name] != wanted[name]
    ]
    if found.get("dynamic") != "strict":
        lines.append("takes fields that nobody declared")
    if not lines and found.get("_meta", {}).get("pantau") != version(family):
        lines.append("was written with another analysis of words")
    return lines


def _flat(properties: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for name, field in properties.items():
        inner = field.get("properties") or field.get("fields") or {}
        own = {key: value for key, value in field.items() if key not in ("properties", "fields")}
        if own and own != {"type": "object"}:
            yield above + name, own
        yield from _flat(inner, f"{above}{name}.")


def _shown(field: Mapping[str, Any]) -> str:
    return " ".join(str(value) if key == "type" else f"{key}={value}" for key, value in field.items())

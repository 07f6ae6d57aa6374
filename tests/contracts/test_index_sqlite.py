"""The search index on SQLite beyond the contract: its file, its transactions, what its errors say."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.adapters.sqlite.index import SqliteIndex
from pipeline.errors import PantauError, StorageFull, Unavailable
from pipeline.news.queries import Query
from pipeline.news.queries.tree import OneOf, Or
from schemas.documents import ArticleDocument


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "index.db")


def article(id: str, revision: int = 1, text: str = "Rapat itu ditunda.") -> ArticleDocument:
    return ArticleDocument(
        id=id, revision=revision, title="Menteri bicara", text=text, standfirst=None, language="id", month="2022-01",
        outlet=None, url=None, page="p", source="upload", published=None, fetched=datetime(2022, 1, 17, tzinfo=UTC),
        author=(), section=None, speaker=(), entity=(), family=id, copy="original", of=None, statements=0, quality=1.0,
    )  # fmt: skip


def fill(index: SqliteIndex, *articles: ArticleDocument) -> None:
    for document in articles:
        index.put("articles", document)
    index.flush()


def messages(error: pytest.ExceptionInfo[PantauError], path: str) -> bool:
    text = str(error.value)
    return path in text and ":" in text.replace(path, "") and text.count(".") == path.count(".")


def test_what_was_flushed_is_seen_by_another_process(path: str) -> None:
    writer, reader = SqliteIndex(path), SqliteIndex(path)
    writer.put("articles", article("a1"))
    assert (writer.count("articles"), reader.count("articles")) == (1, 0)
    writer.flush()
    assert [hit.document.id for hit in reader.search("articles", "rapat").hits] == ["a1"]
    writer.put("articles", article("a2"))
    writer.close()
    assert reader.count("articles") == 2
    reader.close()


@pytest.mark.parametrize("fields", [("id", "former"), ("utterance", "former", "id"), ("family",)])
def test_what_belongs_to_an_utterance_is_found_without_looking_at_all_statements(
    path: str, fields: tuple[str, ...]
) -> None:
    with closing(SqliteIndex(path)) as index:
        query = Query("", "statements", Or(tuple(OneOf(field, ("s1", "s2")) for field in fields)))
        where = index._compiler(query).where(query.tree)
        plan = f"EXPLAIN QUERY PLAN SELECT id FROM statements t WHERE {where.text}"
        steps = [step for *_, step in index._connection.execute(plan, where.values)]
    assert any(step.startswith("SEARCH t ") for step in steps)
    assert not [step for step in steps if step.startswith("SCAN") and "json_each" not in step]


def test_a_failed_write_undoes_the_batch(path: str) -> None:
    index = SqliteIndex(path)
    fill(index, article("a1"))
    index._connection.execute("PRAGMA max_page_count = 60")
    with pytest.raises(StorageFull) as error:
        fill(index, *(article(f"b{n}", text=f"kata{n} " * 500) for n in range(10_000)))
    assert messages(error, path)
    assert index.count("articles") == 1
    index.put("articles", article("a2"))
    index.close()


def test_a_second_writer_is_told_who_blocks_it(path: str) -> None:
    first, second = SqliteIndex(path), SqliteIndex(path)
    first.put("articles", article("a1"))
    second._connection.execute("PRAGMA busy_timeout = 10")
    with pytest.raises(Unavailable, match="locked by another process") as error:
        second.put("articles", article("a2"))
    assert messages(error, path)
    first.flush()
    second.put("articles", article("a2"))
    second.close()
    first.close()


def test_other_files_are_refused(tmp_path: Path) -> None:
    text, foreign, old = (str(tmp_path / name) for name in ("notes", "foreign", "old"))
    Path(text).write_text("no database " * 100)
    for name, version in ((foreign, 0), (old, 7)):
        connection = sqlite3.connect(name)
        connection.execute("CREATE TABLE articles (id)")
        connection.execute(f"PRAGMA user_version = {version}")
        connection.commit()
        connection.close()
    for name in (text, foreign, old, str(tmp_path / "no" / "folder")):
        with pytest.raises(Unavailable) as error:
            SqliteIndex(name)
        assert messages(error, name)


def test_threads_may_share_an_index(path: str) -> None:
    index = SqliteIndex(path)

    def work(name: str) -> int:
        for n in range(30):
            fill(index, article(f"{name}{n}", text=f"kata {name}"))
        return index.search("articles", f"kata {name} ka*").total

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(work, ["abc", "def", "ghi"])) == [30, 30, 30]
    assert index.count("articles") == 90
    index.close()


def test_the_full_text_tables_stay_sound(path: str) -> None:
    index = SqliteIndex(path)
    for round in range(1, 5):
        fill(index, *(article(f"a{n}", revision=round, text=f"kata{n} ronde{round}") for n in range(0, 40, round)))
    words = index._connection.execute("SELECT term, doc FROM articles_vocabulary WHERE term GLOB 'ronde*'").fetchall()
    live = [
        document.text.split()[1] for document in index.export("articles", "") if isinstance(document, ArticleDocument)
    ]
    assert dict(words) == {word: live.count(word) for word in set(live)}
    index.close()


def test_the_index_of_another_version_is_refused_with_its_cure(path: str) -> None:
    SqliteIndex(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 1")
    with pytest.raises(Unavailable, match=r"another version of Pantau: .* run `pantau replay`"):
        SqliteIndex(path)

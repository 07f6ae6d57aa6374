"""Embeddings of words that a spaCy model makes once and remembers.

The first half of spaCy's tok2vec (https://spacy.io/api/architectures#MultiHashEmbed) looks at each token alone: at its
letters, its shape, its vector. It takes a third of the time of a model, and most words of a text came before.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from spacy.attrs import IDS, ORTH
from spacy.language import Language
from thinc.api import Model

CAPACITY = 20_000
"""Tokens, about 500 bytes each. When they are so many, all are forgotten; frequent ones are back with the next text."""


def remember_embeddings(nlp: Language) -> None:
    """Let all components of a pipeline remember. What they find stays the same but for rounding."""
    for _, component in nlp.pipeline:
        model = getattr(component, "model", None)
        if isinstance(model, Model):
            for parent, place in list(_embeddings(model)):
                parent.layers[place] = _remembering(parent.layers[place])


def _embeddings(model: Model[Any, Any]) -> Iterator[tuple[Model[Any, Any], int]]:
    """Where the layers are that turn documents into embeddings: the parent of each, and its place there."""
    for parent in model.walk():
        for place, layer in enumerate(parent.layers):
            if layer.layers and layer.layers[-1].name == "ragged2list" and _features(layer):
                yield parent, place


def _features(layer: Model[Any, Any]) -> list[int]:
    """The attributes of tokens that a layer looks at."""
    named = [name for node in layer.walk() if node.name == "extract_features" for name in node.attrs["columns"]]
    return [IDS[name] if isinstance(name, str) else name for name in named]


class _Tokens:
    """As much of a spaCy document as the layer reads: the attributes of tokens."""

    def __init__(self, vocab: Any, columns: Sequence[int], rows: NDArray[np.uint64]) -> None:
        self.vocab, self._columns, self._rows = vocab, columns, rows

    def __len__(self) -> int:
        return len(self._rows)

    def to_array(self, attributes: int | Sequence[int | str]) -> NDArray[np.uint64]:
        if isinstance(attributes, int):
            return self._rows[:, self._columns.index(attributes)]
        wanted = [IDS[name] if isinstance(name, str) else name for name in attributes]
        return self._rows[:, [self._columns.index(name) for name in wanted]]


class _Table:
    """The embeddings of the tokens that were met."""

    def __init__(self, layer: Model[Any, Any]) -> None:
        self._layer, self._columns = layer, list(dict.fromkeys((ORTH, *_features(layer))))
        self._places: dict[bytes, int] = {}
        self._embeddings: NDArray[np.float32] = np.zeros((0, 0), dtype=np.float32)

    def of(self, docs: Sequence[Any]) -> list[NDArray[np.float32]]:
        """The embeddings of the tokens of documents, a row each."""
        rows = [np.ascontiguousarray(doc.to_array(self._columns)) for doc in docs]
        keys = [[row.tobytes() for row in found] for found in rows]
        new = {key: row for found, named in zip(rows, keys, strict=True) for key, row in zip(named, found, strict=True)}
        if not self._learn(docs, {key: row for key, row in new.items() if key not in self._places}, new):
            made: list[NDArray[np.float32]] = self._layer.predict(docs)
            return made
        return [self._embeddings[[self._places[key] for key in named]] for named in keys]

    def _learn(self, docs: Sequence[Any], new: dict[bytes, Any], all_: dict[bytes, Any]) -> bool:
        """Make the embeddings that are missing. Returns whether there is room for them."""
        if len(self._places) + len(new) > CAPACITY:
            self._places, new = {}, all_
        if len(new) > CAPACITY:
            return False
        if new:
            (made,) = self._layer.predict([_Tokens(docs[0].vocab, self._columns, np.stack(list(new.values())))])
            if not len(self._embeddings):
                self._embeddings = np.zeros((CAPACITY, made.shape[1]), dtype=np.float32)
            first = len(self._places)
            self._embeddings[first : first + len(new)] = made
            self._places |= {key: first + number for number, key in enumerate(new)}
        return bool(self._places)


def _remembering(layer: Model[Any, Any]) -> Model[Any, Any]:
    """The layer with a table; when it is trained it works as before."""
    table = _Table(layer)

    def forward(model: Model[Any, Any], docs: Sequence[Any], is_train: bool) -> tuple[Any, Any]:
        inner: tuple[Any, Any] = layer(docs, True) if is_train else (table.of(docs), None)
        return inner

    return Model("remembered", forward, layers=[layer])

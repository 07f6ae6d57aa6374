"""Training runs: one model from one configuration, reproducible from its seed."""

import sys
from pathlib import Path

import spacy
from spacy.language import Language
from spacy.training.initialize import init_nlp
from spacy.training.loop import train as train_nlp
from spacy.util import load_config

CONFIG = Path(__file__).with_name("model.cfg")


def learn(train: Path, dev: Path, vectors: Path, into: Path, **settings: int | float | str) -> Language:
    """Train on a corpus, keep the best state on `dev`, write it to `into`/model-best and return it.

    `settings` override the configuration; "__" stands for the dot: training__max_steps=100.
    """
    into.mkdir(parents=True, exist_ok=True)
    chosen = {name.replace("__", "."): value for name, value in settings.items()}
    paths = {"paths.train": str(train), "paths.dev": str(dev), "paths.vectors": str(vectors)}
    nlp = init_nlp(load_config(CONFIG, overrides={**paths, **chosen}, interpolate=False), use_gpu=-1)
    train_nlp(nlp, into, use_gpu=-1, stdout=sys.stdout, stderr=sys.stderr)
    return spacy.load(into / "model-best")

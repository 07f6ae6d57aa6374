"""The Indonesian named-entity model `id_news_ner`: how it is made, from named data, by anyone.

python -m pipeline.training.ner prepare  --data DIR --out DIR    read, unify, deduplicate, add template sentences
python -m pipeline.training.ner vectors  --data DIR --out DIR    floret vectors of the news corpus
python -m pipeline.training.ner train    --data DIR --out DIR    one model per seed, then one student of them all
python -m pipeline.training.ner evaluate --data DIR --out DIR    exact-span F on every held-out set, words a second
"""

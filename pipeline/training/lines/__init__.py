"""Training of the line model (`pipeline.news.linescore`): pages to text, labels, trees, measurement.

    python -m pipeline.training.lines dump     --data DIR --out DIR    HTML and articles -> OUT/pages.jsonl
    python -m pipeline.training.lines evaluate --data DIR --out DIR    cross-validation  -> OUT/scores.json
    python -m pipeline.training.lines train    --data DIR --out DIR    all pages         -> OUT/model.npz

Needs lightgbm, lxml and py3langid; `evaluate` also trafilatura and justext (with lxml_html_clean), which are compared.
"""

"""How the models that are shipped in `pipeline/models` were made. The product itself never imports this."""

"""How Pantau runs: the vocabulary of the flow, the ports, the knowledge about news, the adapters and the runners."""

__version__ = "0.1.0"

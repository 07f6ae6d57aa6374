"""Every metric, declared once with its meaning. Runners count from outside; steps know nothing of it."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from pipeline.broker import Standing

OUTCOMES = {
    "in": "messages that an agent took up",
    "out": "messages that it wrote",
    "drop": "messages that went no further, as expected, by reason",
    "reject": "messages that went to dead letters, by reason",
    "retry": "times that a message was set aside to be tried later",
}


class Meters:
    """The metrics of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._records = Counter(
            "pantau_records",
            "Messages by agent and outcome: " + "; ".join(f"{name}: {text}" for name, text in OUTCOMES.items()),
            ["agent", "outcome", "reason"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "pantau_step_seconds",
            "Time that a step took for one message",
            ["agent"],
            buckets=(0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10),
            registry=self.registry,
        )
        self._lag = Gauge("pantau_lag", "Messages not read yet", ["agent", "topic"], registry=self.registry)
        self._oldest = Gauge(
            "pantau_oldest_unread_seconds",
            "Age of what is unread",
            ["agent", "topic"],
            registry=self.registry,
        )
        self._parked = Gauge(
            "pantau_parked", "Messages that wait to be tried again", ["agent", "topic"], registry=self.registry
        )

        self._heals = Counter(
            "pantau_heals",
            "Times that messages were missing between two that Kafka gave, and were fetched again",
            ["agent"],
            registry=self.registry,
        )
        self._expired = Counter(
            "pantau_expired",
            "Messages that Kafka deleted before the agent read them: it is behind by more than the retention",
            ["agent"],
            registry=self.registry,
        )

        self._declare_crawl()
        self._declare_uploads()

    def _declare_crawl(self) -> None:
        self._looks = Counter(
            "pantau_looks",
            "Looks at sources by what they brought: read, unchanged, or why nothing could be read",
            ["outcome"],
            registry=self.registry,
        )
        self._listed = Counter("pantau_listed", "Articles that were listed for the first time", registry=self.registry)
        self._fetches = Counter(
            "pantau_fetches",
            "Pages that were asked for: new, changed, known, unchanged, or why they were not fetched or not kept",
            ["outcome"],
            registry=self.registry,
        )
        self._hubs = Counter(
            "pantau_hubs",
            "Hubs that tell of news: asked, refused, confirmed, denied, told, not-signed",
            ["outcome"],
            registry=self.registry,
        )
        self._due = Gauge("pantau_hosts_due", "Hosts with pages that could be fetched now", registry=self.registry)
        self._late = Gauge(
            "pantau_fetch_lateness_seconds", "How long the page that waits most is due", registry=self.registry
        )

        self._sources = Gauge("pantau_sources", "Sources by how they do", ["state"], registry=self.registry)

    def _declare_uploads(self) -> None:
        self._uploads = Counter(
            "pantau_uploads",
            "Pages that were uploaded over HTTP: new, changed, known or refused",
            ["outcome"],
            registry=self.registry,
        )
        self._upload_bytes = Counter(
            "pantau_upload_bytes", "Bytes of the bodies of uploads that were read", registry=self.registry
        )

    def sources(self, states: Mapping[str, int]) -> None:
        """Set how many sources are in each state; all states are named."""
        for state, sources in states.items():
            self._sources.labels(state).set(sources)

    def hub(self, outcome: str) -> None:
        """Count something between us and a hub."""
        self._hubs.labels(outcome).inc()

    def uploaded(self, outcomes: Mapping[str, int], size: int) -> None:
        """Count the pages of an upload of so many bytes."""
        for outcome, pages in outcomes.items():
            self._uploads.labels(outcome).inc(pages)
        self._upload_bytes.inc(size)

    def looked(self, outcome: str) -> None:
        """Count a look at a source."""
        self._looks.labels(outcome).inc()

    def listed(self, articles: int) -> None:
        """Count articles that were listed for the first time."""
        self._listed.inc(articles)

    def fetched(self, outcome: str) -> None:
        """Count a page that was asked for."""
        self._fetches.labels(outcome).inc()

    def behind(self, hosts: int, seconds: float) -> None:
        """Set how many hosts have pages that are due, and how long the first of them is."""
        self._due.set(hosts)
        self._late.set(seconds)

    def healed(self, agent: str, heals: int, expired: int) -> None:
        """Count what the consumer of an agent had to heal, and what it could not."""
        self._heals.labels(agent).inc(heals)
        self._expired.labels(agent).inc(expired)

    def record(self, agent: str, outcome: str, reason: str, times: int) -> None:
        """Count an outcome."""
        self._records.labels(agent, outcome, reason).inc(times)

    def took(self, agent: str, seconds: float) -> None:
        """Note the time of one step."""
        self._seconds.labels(agent).observe(seconds)

    def stand(self, standing: Standing, now: float) -> None:
        """Set how far an agent is behind in a topic; `now` in seconds since 1970."""
        labels = (standing.agent, standing.topic)
        self._lag.labels(*labels).set(standing.lag)
        self._oldest.labels(*labels).set(now - standing.oldest.timestamp() if standing.oldest else 0)
        self._parked.labels(*labels).set(standing.parked)

    def serve(self, host: str, port: int) -> None:
        """Serve /metrics. Raises OSError when the address or the port cannot be had."""
        start_http_server(port, host, self.registry)

"""Tests against a real Kafka and a real Elasticsearch. They are skipped where Java or Maven is missing."""

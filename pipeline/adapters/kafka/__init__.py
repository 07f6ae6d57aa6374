"""Apache Kafka: topics, uploads, operations, and the local copy of what agents remember."""

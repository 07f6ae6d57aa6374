"""The production runner: agents on Apache Kafka with Faust, one process a slot."""

"""SQLite: topics, state and the search index in files, without a server."""

"""What flows through Pantau: records, the topics that carry them, the documents that are searched, and their codec."""

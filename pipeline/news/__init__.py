"""What is known about news, as pure functions: no file, no clock, no network."""

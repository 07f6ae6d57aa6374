"""One file or folder per technology."""

"""Who gives a command."""

import getpass
import os
import socket


def whoever() -> str:
    """The user and the machine."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container may run under a number that has no name
        user = f"user {os.getuid()}"
    return f"{user}@{socket.gethostname()}"

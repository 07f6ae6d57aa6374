"""Work in a process of its own that is killed."""

import multiprocessing
from collections.abc import Callable


def killed_after(seconds: float, work: Callable[..., None], *arguments: object) -> bool:
    """Run the work in a process of its own and kill it after a while. Returns whether it was still at work."""
    process = multiprocessing.get_context("fork").Process(target=work, args=arguments)
    process.start()
    process.join(seconds)
    process.kill()
    process.join()
    return process.exitcode == -9

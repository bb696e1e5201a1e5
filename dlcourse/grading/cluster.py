"""Where a class outgrows one machine: the same work on a running Dask cluster.

Dask's messages are pickles, so a cluster is as trusted as this machine; students' code stays in its sandbox there,
too. Each worker needs this version of dlcourse with its lessons, ``dlcourse[grade]``, bubblewrap, and one thread for
each submission that it may grade at a time.
"""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from dlcourse.grading.asking import CannotGrade

__all__ = ["ClusterExecutor", "open_cluster"]

RETRIES = 3  # of a submission whose worker died or stumbled
PATIENCE = 10  # seconds to wait for the scheduler, and for a first worker

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")


class ClusterExecutor(concurrent.futures.Executor):
    """Dask's own executor with retries, which closes its client when it is shut down.

    Parameters
    ----------
    client : distributed.Client
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        # two submissions with the same bytes are two tasks all the same; a dead worker's tasks go to another by
        # themselves, and `retries` covers those that come back with an exception
        self._inner = client.get_executor(pure=False, retries=RETRIES)

    def submit(
        self, fn: Callable[Asked, Answer], /, *args: Asked.args, **kwargs: Asked.kwargs
    ) -> concurrent.futures.Future[Answer]:
        """Send a call to the cluster; see ``concurrent.futures.Executor``."""
        future: concurrent.futures.Future[Answer] = self._inner.submit(fn, *args, **kwargs)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Wait for what was sent, or take it back, and leave the cluster; it runs on."""
        self._inner.shutdown(wait=wait and not cancel_futures)
        self._client.close()


def open_cluster(address: str) -> tuple[ClusterExecutor, int]:
    """Connect to a running Dask cluster.

    Parameters
    ----------
    address : str
        Of its scheduler, for instance ``"tcp://10.0.0.5:8786"``.

    Returns
    -------
    executor : ClusterExecutor
        To be used in a ``with`` statement, or shut down.
    jobs : int
        How many jobs it can take at a time: the threads of all workers.

    Raises
    ------
    CannotGrade
        With one sentence, if Dask is not installed, nobody answers at the address, or there is no worker.
    """
    try:
        from distributed import Client
    except ModuleNotFoundError:
        raise CannotGrade('A cluster needs Dask: pip install "dlcourse[cluster]"') from None
    try:
        client: Any = Client(address, timeout=PATIENCE, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise CannotGrade(f"No Dask scheduler answers at {address}: {str(error).splitlines()[0][:150]}") from None
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError:
        client.close()
        raise CannotGrade(f"The Dask cluster at {address} has no workers: start one with `dask worker`.") from None
    return ClusterExecutor(client), max(1, sum(client.nthreads().values()))

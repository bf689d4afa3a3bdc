"""Executors: where tasks are done. Anything with ``submit`` is one."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from types import TracebackType
from typing import Any, Protocol, Self

from ..errors import ConfigError
from .worker_process import WorkerDied, WorkerProcess

#: Seconds to wait for a dask scheduler.
DASK_TIMEOUT = 20

#: Tasks that an executor is given at a time if it does not say how many it does at once.
UNKNOWN_WIDTH = 16


class Executor(Protocol):
    """What ``concurrent.futures``, a ``dask.distributed.Client`` and many others offer."""

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Any:
        """Begin a call and return its future, with ``result``, ``cancel`` and ``add_done_callback``."""


class ManagedExecutor(Executor, Protocol):
    """An executor that ends what it began."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Serial:
    """Does each call at once, in this thread."""

    width = 1

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Future[Any]:
        """Call, and return the future of what has happened already."""
        future: Future[Any] = Future()
        try:
            future.set_result(function(*arguments))
        except Exception as error:  # noqa: BLE001 - the future raises it
            future.set_exception(error)
        return future

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


class LocalPool:
    """Processes of this machine, started when first needed. A worker that dies fails its own task and is replaced.

    A context manager: leaving it ends the workers, whatever they do.

    Args:
        jobs: Number of processes.
    """

    def __init__(self, jobs: int) -> None:
        self.width = jobs
        self._calls: queue.SimpleQueue[tuple[Future[Any], Callable[..., Any], tuple[Any, ...]] | None]
        self._calls = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._idle = 0
        self._closed = False
        self._workers: dict[int, WorkerProcess] = {}
        self._threads: list[threading.Thread] = []

    @property
    def pids(self) -> tuple[int, ...]:
        """Of the workers at present."""
        with self._lock:
            return tuple(worker.pid for worker in self._workers.values())

    def begin(self, function: Callable[..., Any], /, *arguments: Any) -> None:
        """Start all workers before there is anything to do, and let each call a function that prepares it."""
        with self._lock:
            while len(self._threads) < self.width:
                self._start((function, *arguments))

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Future[Any]:
        """Begin a call of a function of a module."""
        if self._closed:
            raise RuntimeError("submit after close")
        future: Future[Any] = Future()
        self._calls.put((future, function, arguments))
        with self._lock:
            if self._idle < self._calls.qsize() and len(self._threads) < self.width:
                self._start(())
        return future

    def close(self) -> None:
        """End all workers; what they were doing is lost."""
        self._closed = True
        for _ in self._threads:
            self._calls.put(None)
        with self._lock:
            workers = list(self._workers.values())
        for worker in workers:
            worker.kill()
        for thread in self._threads:
            thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _start(self, first: tuple[Any, ...]) -> None:
        thread = threading.Thread(target=self._work, args=(len(self._threads), first), daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work(self, number: int, first: tuple[Any, ...]) -> None:
        """The life of a thread: it has a process, and waits for its answers."""
        if first and not self._closed:
            try:
                self._worker(number).call(*first)
            except Exception:  # noqa: BLE001 - what a task needs, it will miss again and say so
                self._forget(number)
        while True:
            with self._lock:
                self._idle += 1
            call = self._calls.get()
            with self._lock:
                self._idle -= 1
            if call is None or self._closed:
                break
            future, function, arguments = call
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(self._worker(number).call(function, *arguments))
            except BaseException as error:  # noqa: BLE001 - the future raises it
                if isinstance(error, WorkerDied):
                    self._forget(number)
                future.set_exception(error)
        self._forget(number)

    def _worker(self, number: int) -> WorkerProcess:
        worker = self._workers.get(number)
        if worker is None:
            worker = WorkerProcess()
            with self._lock:
                self._workers[number] = worker
        return worker

    def _forget(self, number: int) -> None:
        with self._lock:
            worker = self._workers.pop(number, None)
        if worker is not None:
            worker.kill()


class DaskExecutor:
    """The workers of a ``dask.distributed`` cluster, which must see the same files.

    Args:
        client: Connected to the cluster.
        owns: Close it in the end.
    """

    def __init__(self, client: Any, *, owns: bool = False) -> None:
        self._client = client
        self._owns = owns

    @property
    def width(self) -> int:
        """Threads of all workers at present; they come and go."""
        try:
            return max(int(sum(self._client.ncores().values())), 1)
        except Exception:  # noqa: BLE001 - whatever it is, submitting will tell
            return 1

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Any:
        """Begin a call; a repeated one is a new one for dask."""
        return self._client.submit(function, *arguments, pure=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._owns:
            with suppress(Exception):
                self._client.close(timeout=5)


class Borrowed:
    """An executor of the caller, who closes it."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self.width = getattr(executor, "_max_workers", UNKNOWN_WIDTH)

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Any:
        """Pass it on."""
        return self._executor.submit(function, *arguments)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def executor_of(executor: Any = None, *, jobs: int | None = None, dask: str | None = None) -> ManagedExecutor:
    """Return what does tasks, as a context manager.

    Args:
        executor: Anything with ``submit``, such as one of ``concurrent.futures`` or a dask client; not closed.
        jobs: Local processes; 1 does all in this one, ``None`` takes all cores.
        dask: Address of a scheduler, such as ``tcp://host:8786``.

    Raises:
        ConfigError: it cannot be had.
    """
    if executor is not None:
        if not callable(getattr(executor, "submit", None)):
            raise ConfigError(
                "executor", got=type(executor).__name__, expected="one with submit(), or the number of jobs instead"
            )
        is_dask = type(executor).__module__.partition(".")[0] == "distributed"
        return DaskExecutor(executor) if is_dask else Borrowed(executor)
    if dask is not None:
        return DaskExecutor(_client(dask), owns=True)
    if jobs is None:
        jobs = len(os.sched_getaffinity(0))
    if jobs < 1:
        raise ConfigError("--jobs", got=jobs, expected="at least 1")
    from .early_workers import EarlyWorkers

    return Serial() if jobs == 1 else EarlyWorkers.taken(jobs) or LocalPool(jobs)


def width_of(executor: Any) -> int:
    """Return how many tasks an executor does at once, as far as it tells."""
    return int(getattr(executor, "width", None) or getattr(executor, "_max_workers", None) or UNKNOWN_WIDTH)


def local_width(executor: Any) -> int:
    """Return how many processes of this machine an executor has, this one included where it has none."""
    return executor.width if isinstance(executor, LocalPool) else 1


def _client(address: str) -> Any:
    try:
        from dask.distributed import Client
    except ModuleNotFoundError as error:
        raise ConfigError(
            "--dask", got="no dask", expected="it to be installed", hint="pip install 'simdprep[dask]'"
        ) from error
    try:
        return Client(address, set_as_default=False, timeout=DASK_TIMEOUT)  # type: ignore[no-untyped-call]
    except Exception as error:
        text = f"{type(error).__name__}: {error}".partition("\n")[0]
        raise ConfigError(
            "--dask", got=f"{address}, {text}", expected="the address of a scheduler", hint="tcp://HOST:8786"
        ) from error

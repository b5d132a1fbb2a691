"""Processes that open pages in the small and in the large clinic, asked in turns."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import Any

from bench.databases import ROOT
from bench.report import verdict

PATIENCE = 60  # seconds for one answer of a worker
TOO_LONG = 3000.0  # milliseconds, after which nothing is asked again
AGAIN = 3  # times as many rounds for what misses at first


class Worker:
    """A process of `bench.worker` on one database; one that does not answer is replaced."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._start()

    def _start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.worker"],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": self.url},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._listen, args=(self.process, self.lines), daemon=True).start()
        self._next(3 * PATIENCE)

    @staticmethod
    def _listen(process: Any, lines: queue.Queue[str]) -> None:
        for line in process.stdout:
            if line.startswith("{"):
                lines.put(line)

    def _next(self, patience: float) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = json.loads(self.lines.get(timeout=patience))
        except queue.Empty:
            return {"error": f"no answer within {patience:.0f} s"}
        return answer

    def ask(self, *, patience: float = PATIENCE, **wanted: Any) -> dict[str, Any]:
        """The answer, or what went wrong."""
        try:
            self.process.stdin.write(json.dumps(wanted) + "\n")  # type: ignore[union-attr]
            self.process.stdin.flush()  # type: ignore[union-attr]
        except OSError as error:
            answer = {"error": f"the worker is gone: {error}"}
        else:
            answer = self._next(patience)
        if "no answer" in answer.get("error", "") or "gone" in answer.get("error", ""):
            self.stop()
            self._start()
        return answer

    def stop(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()


@dataclass
class Sides:
    """The same question asked of both clinics, in turns."""

    small: Worker
    large: Worker
    rounds: int

    def measure(self, **wanted: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """The fastest answers of both (the first is not counted): other work on the machine only adds to it.

        What misses a goal is asked again, in more rounds, before it is told.
        """
        found: tuple[list[dict[str, Any]], list[dict[str, Any]]] = ([], [])
        self._ask(found, 1 + self.rounds, wanted)
        if is_noise(verdict(*map(_fastest, found))):
            self._ask(found, AGAIN * self.rounds, wanted)
        return _fastest(found[0]), _fastest(found[1])

    def _ask(self, found: tuple[list[dict[str, Any]], ...], rounds: int, wanted: dict[str, Any]) -> None:
        for _round in range(rounds):
            for worker, answers in zip((self.small, self.large), found, strict=True):
                answers.append(worker.ask(**wanted))
            if any("error" in answers[-1] or answers[-1].get("ms", 0) > TOO_LONG for answers in found):
                break


def is_noise(why: str) -> bool:
    """Whether what is missed is a matter of time, which other work on the machine may have taken."""
    return "over " in why or "under " in why


def _fastest(answers: list[dict[str, Any]]) -> dict[str, Any]:
    counted = answers[1:] or answers
    if any("error" in one for one in answers):
        return next(one for one in answers if "error" in one)
    return min(counted, key=lambda one: float(one["ms"]))

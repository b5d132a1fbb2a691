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
AGAIN = 3  # times as many rounds, at most, for what misses at first
# Milliseconds, and times what it takes in the small clinic: no other work on the machine is to blame for both.
HOPELESS_MS, HOPELESS = 300.0, 3.0
CLEAR, QUICK_MS = 1.15, 100.0  # and no statement longer than this: one counted round says it


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

        What is far from its limits is asked no more; what misses a goal is asked again, until it meets it or in more
        rounds, before it is told.
        """
        found: tuple[list[dict[str, Any]], list[dict[str, Any]]] = ([], [])
        self._ask(found, 2, wanted)
        if not is_clear(*map(_fastest, found)):
            self._ask(found, self.rounds - 1, wanted)
            for _round in range(AGAIN * self.rounds):
                if not is_noise(verdict(*map(_fastest, found))) or is_hopeless(*map(_fastest, found)):
                    break
                self._ask(found, 1, wanted)
        return _fastest(found[0]), _fastest(found[1])

    def _ask(self, found: tuple[list[dict[str, Any]], ...], rounds: int, wanted: dict[str, Any]) -> None:
        for _round in range(rounds):
            if any(answers and _is_too_long(answers[-1]) for answers in found):
                break
            for worker, answers in zip((self.small, self.large), found, strict=True):
                answers.append(worker.ask(**wanted))


def _is_too_long(answer: dict[str, Any]) -> bool:
    return "error" in answer or float(answer.get("ms", 0)) > TOO_LONG


def is_clear(small: dict[str, Any], large: dict[str, Any]) -> bool:
    """Whether both are far from every limit."""
    told = not verdict(small, large) and "error" not in small
    return told and large["ms"] < CLEAR * small["ms"] and float(large["slowest_ms"]) < QUICK_MS


def is_hopeless(small: dict[str, Any], large: dict[str, Any]) -> bool:
    """Whether to ask again would only take time."""
    return _is_too_long(large) or float(large["ms"]) > max(HOPELESS_MS, HOPELESS * float(small["ms"]))


def is_noise(why: str) -> bool:
    """Whether what is missed is a matter of time, which other work on the machine may have taken."""
    return "over " in why or "under " in why


def _fastest(answers: list[dict[str, Any]]) -> dict[str, Any]:
    counted = answers[1:] or answers
    if any("error" in one for one in answers):
        return next(one for one in answers if "error" in one)
    return min(counted, key=lambda one: float(one["ms"]))

"""Campaign of node events: each at its turn, several at a time, all that they bring about seen on the way."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ray.exceptions import RpcError

from tools.chaos.campaign import POLL_S, SHOW_S, STALL_S, Objects, see_new
from tools.chaos.cluster import Nodes
from tools.chaos.drivers import Drivers
from tools.chaos.ledger import Ledger, latest
from tools.chaos.node_events.answers import Answers
from tools.chaos.node_events.events import Event
from tools.chaos.node_events.walk import KnownNode, Turn, has_room, leaver
from tools.chaos.processes import RunProcess, actors, family, playing, reap
from tools.chaos.schedule import GENERATOR, NODE, NODE_ADDED, NODE_PREEMPTED, NOTICE_S


@dataclass
class NodeCampaign:
    """Campaign in which nodes come and go.

    Attributes:
      units: how many the run has in all.
      turns: events to make.
      pace_s: seconds from one event to the next, at least.
      limit_s: seconds after which no further event is made.
      nodes: nodes of the cluster.
      drivers: driver of the run; it may not end before the events do.
      objects: storage of the run folder.
      ledger: objects that were seen.
      record: file in which the engines write what they answer.
      say: hears how far it is.
      answers: account of that record.
      on: raylets of the engines that were seen, by process id.
      committed: units that are.
      most_used: most nodes on which engines answered at a time.
    """

    units: int
    turns: Sequence[Turn]
    pace_s: float
    limit_s: float
    nodes: Nodes
    drivers: Drivers
    objects: Objects
    ledger: Ledger
    record: Path
    say: Callable[[str], None]
    answers: Answers = field(default_factory=Answers)
    events: list[Event] = field(default_factory=list)
    hangs: list[str] = field(default_factory=list)
    on: dict[int, int] = field(default_factory=dict)
    committed: int = 0
    most_used: int = 0

    def run(self) -> None:
        """Make all events; return when the last is over, or the run is."""
        began = shown = self._grew = time.monotonic()
        self._known = {pid: KnownNode(pid, began) for pid in self.nodes.workers}
        self._waiting, self._next, self._read = deque(self.turns), began, 0
        self._timers: list[threading.Timer] = []
        try:
            while not self._is_over():
                time.sleep(POLL_S)
                self._drive()
                self.look()
                for event in self._open:
                    self._follow(event)
                if self._waiting and self.committed and time.monotonic() >= self._next:
                    self._turn()
                if time.monotonic() - began > self.limit_s:
                    self._waiting.clear()
                if time.monotonic() - shown > SHOW_S:
                    shown = time.monotonic()
                    self.say(f"{shown - began:6.0f} s  {self._how_far()}")
        finally:
            for timer in self._timers:
                timer.cancel()

    @property
    def _open(self) -> list[Event]:
        """Events that are not over."""
        return [event for event in self.events if not event.is_over]

    def _is_over(self) -> bool:
        """Return whether all is done, or hopeless."""
        if self.drivers.errors or self.drivers.complete:
            return True
        if time.monotonic() - self._grew > STALL_S:
            self.hangs.append(f"no new unit within {STALL_S:.0f} s at {self.committed} of {self.units} units")
            return True
        return not self._waiting and not self._open

    def _how_far(self) -> str:
        """Return a line on where the campaign is."""
        staying = sum(not node.leaves for node in self._known.values())
        return (
            f"{self.committed:,} of {self.units:,} units, {len(self.events)} of {len(self.turns)} events, "
            f"{staying} nodes and {len(self._known) - staying} that leave, {self.answers.number:,} answers"
            + "".join(f", {event.role}" for event in self._open)
        )

    def _drive(self) -> None:
        """Start the driver, and notice its end."""
        before = self.drivers.started
        self.drivers.keep_going()
        if self.drivers.started != before:
            self.nodes.guard()
        # A raylet is reaped by whoever takes its node away.
        reap({self.drivers.pid, *self.nodes.workers})

    def look(self) -> None:
        """See what is new: objects, answers, who is where."""
        if see_new(self.objects, self.ledger, self.say):
            self.committed, self._grew = len(latest(self.ledger.seen)), time.monotonic()
            self.drivers.begun = True
        self._processes = family()
        for engine in playing(GENERATOR, self._processes):
            self.on[engine.pid] = engine.parent
        if self.record.exists():
            with self.record.open("rb") as file:
                file.seek(self._read)
                self.answers.take(data := file.read())
                self._read += len(data)
        for engine_pid, raylet in self.on.items():
            node, first = self._known.get(raylet), self.answers.first.get(engine_pid)
            if node is not None and first is not None:
                node.used_at = first if node.used_at is None else min(node.used_at, first)
        self.most_used = max(self.most_used, sum(node.used_at is not None for node in self._known.values()))

    def _turn(self) -> None:
        """Make the next event, if it may happen now."""
        turn = self._waiting[0]
        node = self._joined() if turn.role == NODE_ADDED else leaver(turn, list(self._known.values()))
        if node is None:
            return
        event = Event(turn, node, time.monotonic(), self.committed)
        if turn.role != NODE_ADDED:
            try:
                self._leave(event)
            except (RpcError, RuntimeError) as error:
                # A busy machine is too slow for Ray; the next look is soon.
                self.say(f"{turn.role}: {str(error)[:100]}")
                return
        self._waiting.popleft()
        self.events.append(event)
        self._next = time.monotonic() + self.pace_s

    def _joined(self) -> KnownNode | None:
        """Add a node and return it, once Ray knows it; None where there are enough for now."""
        if not has_room(list(self._known.values())):
            return None
        pid = self.nodes.join()
        self._known[pid] = KnownNode(pid, time.monotonic())
        return self._known[pid]

    def _leave(self, event: Event) -> None:
        """Have a node leave in the way of its event. Raises what Ray says where it does not answer or refuses."""
        node = event.node
        if event.role == NODE:
            event.gone_at = time.monotonic()
            self._take_away(node)
        elif event.role == NODE_PREEMPTED:
            self.nodes.drain(node.pid, NOTICE_S)
            timer = threading.Timer(NOTICE_S, self._strike, [event])
            timer.daemon = True
            self._timers.append(timer)
            timer.start()
        else:
            self.nodes.drain(node.pid, None)
        node.leaves = True

    def _strike(self, event: Event) -> None:
        """Kill a raylet whose notice has run out, whatever is on its node; runs on a thread of its own, on time."""
        event.late = [process.title for process in self._on_node(family(), event.node)]
        # Nobody else takes its node away, so it has not been reaped, and no other process has its id.
        os.kill(event.node.pid, signal.SIGKILL)
        event.gone_at = time.monotonic()

    def _follow(self, event: Event) -> None:
        """Look at an event, and take its node away when that is due."""
        node = event.node
        event.see(time.monotonic(), [one.title for one in self._on_node(self._processes, node)], self.committed)
        if event.may_go and event.gone_at is None:
            event.gone_at = time.monotonic()
        if event.gone_at is not None and node.pid in self._known:
            self._take_away(node)

    def _take_away(self, node: KnownNode) -> None:
        """Kill a node, and forget it."""
        del self._known[node.pid]
        self.nodes.kill(node.pid)

    def _on_node(self, processes: Sequence[RunProcess], node: KnownNode) -> list[RunProcess]:
        """Return the actors of the run that are on a node."""
        return [one for members in actors(processes).values() for one in members if one.parent == node.pid]

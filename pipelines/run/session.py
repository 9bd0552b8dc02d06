"""Session of one driver on one run folder: what every pipeline opens first.

    with RunSession(settings, listener) as session:   # the folder is recognised; nothing has been written
        survey = session.survey()                     # the source is read; nothing has been written
        session.claim(survey, ...)                    # the folder is ours; config and survey are kept in it
        ...                                           # the work
        session.write_stats(...)                      # counts of what is there now

The order is the invariant: a mistake in the config or in the source is found before `claim`, and leaves nothing
behind. The claim ends with the block, whatever ended it, so that the next driver need not wait for a heartbeat.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import asdict
from types import TracebackType
from typing import Any

from actors.engine_runtime.keys import without_values
from cluster.connect import connected
from factory.rollouts.prompting import load_prompt, render
from factory.storage.store import Store
from factory.types import POLICY, Message, Question
from pipelines.driving.interrupt import Interrupt
from pipelines.logging.recorded import Recorded
from pipelines.logging.run_log import ERROR, WARNING, RunLog
from pipelines.planning.plan import Plan, plan
from pipelines.planning.screening import screening
from pipelines.planning.survey import Screen, Survey, surveyed
from pipelines.pools.pool import MODELS, named_pool
from pipelines.pools.roles import asked_pools, check_roles
from pipelines.run import run_folder
from pipelines.run.attempts import Attempt, attempt, last_over
from pipelines.run.driver import this_job
from pipelines.run.listener import Listener
from pipelines.run.settings import Settings

# Stands for the questions of a run where only their place in the prompt matters.
_SAMPLE = Question(text="How many are two?", gold="2")


class RunSession:
    """Context manager around the work of one driver on the run folder of `settings`.

    Attributes:
      settings: the validated config.
      listener: receiver of the run's news; what it is told is kept in `log`, too.
      log: log of the attempt, written to the folder from the claim on.
      store: the run folder, open.
      resumes: True when the folder holds this very run already; False when it holds none yet.
      interrupt: counter of Ctrl-C and SIGTERM, installed for the block.
    """

    def __init__(self, settings: Settings, listener: Listener | None = None) -> None:
        self.settings = settings
        self.log = RunLog()
        self.listener: Listener = Recorded(listener or Listener(), self.log)
        self.store: Store = run_folder.store_of(settings, self.listener.say)
        self.interrupt = Interrupt()
        self.resumes = False
        self._began = time.monotonic()
        self._last_attempt = 0
        self._attempt: Attempt | None = None
        self._scope = ExitStack()

    def __enter__(self) -> RunSession:
        """Wait for the end of the last attempt, recognise the folder, listen for Ctrl-C.

        Raises `BadInput` while another driver lives, and for a folder that holds another run.
        """
        self._last_attempt = last_over(self.store, self.listener.say)
        self.resumes = run_folder.recognise(self.settings, self.store)
        self._scope.enter_context(self.interrupt.installed())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        """End the claim, then stop listening for Ctrl-C."""
        return self._scope.__exit__(kind, error, trace)

    def survey(self) -> Survey:
        """Read the source once and return its counts; gold answers are screened on the way.

        Raises `BadInput` for a malformed source, and for one that has changed since the run began.
        """
        self._say_read(0)
        survey = run_folder.new_survey(self.settings, self.store)
        with self._screened(None) as screen:
            for _ in surveyed(self.settings, screen, survey, self._say_read):
                pass
        run_folder.check_survey(self.store, survey)
        return survey

    def plan(self, *, screen: Screen | None = None, retry_failed: bool = False) -> Plan:
        """Return the units that are missing in the folder; the source is read where the folder keeps no plan of it.

        `screen` replaces the checker where a caller knows the gold answers. With `retry_failed`, units with failed
        questions are missing, too. Raises `BadInput` as `survey` does, and for shards that are not this run's.
        """
        with self._screened(screen) as chosen:
            return plan(self.settings, self.store, chosen, retry_failed=retry_failed, on_progress=self._say_read)

    def claim(self, survey: Survey | None, **facts: Any) -> None:
        """Become the folder's driver until the block ends, and keep config and survey in the folder.

        `survey` is None for a pipeline that reads no questions. `facts` go into the attempt's log, beside the cluster.
        Raises `BadInput` when another driver came first.
        """
        job = this_job()
        log = {"cluster": self.settings.plain["cluster"], **({"job": job} if job else {}), **facts}
        self._attempt = self._scope.enter_context(
            attempt(
                self.store,
                self._last_attempt,
                without_values(log),
                self.settings.storage,
                self.listener.say,
                self.interrupt.ask,
            )
        )
        # A log is not worth waiting for, nor a word when it cannot be written.
        brief = run_folder.store_of(self.settings, lambda line: None, impatient=True)
        self.log.begin(brief, self.settings.fingerprint, self._attempt.number)
        self._scope.push(self._end_log)
        run_folder.bind(self.settings, self.store)
        if survey is not None:
            run_folder.keep_survey(self.store, survey)

    @property
    def attempt(self) -> Attempt:
        """Claim of this driver; there is one after `claim`."""
        if self._attempt is None:
            raise RuntimeError("the folder was not claimed: call claim() first")
        return self._attempt

    def check(self) -> None:
        """Raise `FactoryError` when another driver has taken the folder over."""
        self.attempt.check()

    @contextmanager
    def connected(self) -> Iterator[None]:
        """Hold a Ray session for the block."""
        # ray.init takes SIGTERM for itself, so the interrupt is installed again inside.
        size = self.settings.cluster
        with (
            connected(size.address, say=self.listener.say, metrics_port=size.metrics_port),
            self.interrupt.installed(),
        ):
            yield

    def write_stats(self, stats: dict[str, object]) -> None:
        """Overwrite `stats.json`."""
        run_folder.write_stats(self.store, stats)

    @property
    def seconds(self) -> float:
        """Seconds since the session was made."""
        return time.monotonic() - self._began

    @property
    def resume_command(self) -> str:
        """Command that does what is missing."""
        return f"factory resume {self.settings.run.dir}"

    def _end_log(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        """Keep in the log what ended the block, and stop writing it."""
        if error is None:
            self.log.add("ended", "the driver has ended" + ", as somebody asked for it" * (self.interrupt.count > 0))
        elif isinstance(error, KeyboardInterrupt):
            self.log.add("ended", "the driver has ended at once, as somebody asked for it", WARNING)
        else:
            self.log.add("failed", f"the driver has ended: {type(error).__name__}: {error}", ERROR)
        self.log.end()

    def _screened(self, screen: Screen | None) -> AbstractContextManager[Screen]:
        if screen is not None:
            return nullcontext(screen)
        return screening(self.settings, run_folder.survey_of(self.store))

    def _say_read(self, questions: int) -> None:
        said = f"read {questions:,} questions" if questions else f"reading the source ({self.settings.source.name})"
        self.listener.say(said)


def check_prompt(settings: Settings) -> list[str]:
    """Return what the models' chat templates do to the chat prompts of a run, a sentence each.

    Empty where they leave them as they are, or where this machine cannot tell. Raises `BadInput` where a template
    refuses them, or there is none.
    """
    if settings.cluster.address != "local":
        return []
    remarks = []
    for role, prompt in _chat_prompts(settings):
        pool = settings.pools[role]
        with named_pool(role):
            remark = pool.engine.plugin.check_chat(pool.model, prompt)
        remarks += [f"{MODELS}.{role}: {remark}" if role != POLICY else remark] if remark else []
    return list(dict.fromkeys(remarks))


def engine_remarks(settings: Settings, facts: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return what started engines say of a run's system messages; empty where it has none.

    `facts` are what the engines of each role say of themselves.
    """
    asked = [role for role, prompt in _chat_prompts(settings) if any(author == "system" for author, _ in prompt)]
    remarks = [facts[role]["remark"] for role in asked if facts[role].get("remark")]
    return list(dict.fromkeys(remarks))


def _chat_prompts(settings: Settings) -> list[tuple[str, tuple[Message, ...]]]:
    """Return the prompts of a run that are chat messages, for one question, with the roles that read them."""
    prompt = render(load_prompt(settings.prompt.template, settings.prompt.style), _SAMPLE)
    read = [(POLICY, prompt), (settings.completer, prompt)]
    # A judge is asked in a style of its own.
    if settings.checker.plugin.judge is not None and asdict(settings.checker.config).get("style") == "chat":
        judge = getattr(settings.checker.config, "judge_role", POLICY)
        read.append((judge, (("system", "Judge."), ("user", _SAMPLE.text))))
    return [(role, prompt) for role, prompt in read if not isinstance(prompt, str)]


def check_model(settings: Settings) -> None:
    """Refuse models that cannot be had, where this machine can tell, and roles that no model fills.

    Raises `BadInput`, before anything has started.
    """
    check_roles(settings)
    if settings.cluster.address == "local":
        for role, pool in asked_pools(settings).items():
            with named_pool(role):
                pool.engine.plugin.check_model(pool.model)
                pool.engine.plugin.check_settings(pool.model, pool.engine.config)

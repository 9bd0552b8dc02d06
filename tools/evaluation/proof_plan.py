"""Plan of `tools/evaluation/proof_of_worth.py`: the commands, stage by stage."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

FACTORY = (sys.executable, "-m", "tools.cli")
STAGES = ("label", "export", "prm", "untrained", "sample", "judge", "sft", "greedy", "table")
LONG = 256  # tokens of an answer without examples: the base tells more than it was asked
Command = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofPlan:
    """Settings that the commands depend on. Seeds: of the run, and of the questions that are drawn."""

    folder: Path
    model: str = "smollm2-135m"
    level: str = "multiply_add"
    template: str = "few_shot_multiply_add"
    questions: int = 400
    others: int = 400
    n: int = 8
    confidence: float = 0.8
    prm_steps: int = 300
    orm_steps: int = 150
    sft_steps: int = 45
    learning_rate: float = 1e-4
    sft_learning_rate: float = 1.5e-4
    seed: int = 0
    orm: bool = False

    def commands(self, stage: str) -> list[Command]:
        """Return the commands of a stage, in order."""
        return {
            "label": self._label,
            "export": self._export,
            "prm": self._prm,
            "untrained": lambda: [self._trained("untrained", "prm", 1, 1e-12, "prm")],
            "sample": lambda: [self._asked("questions", self.model, self.template, "raw", 0.7, self.n, 96)],
            "judge": self._judge,
            "sft": lambda: [self._trained("sft", "sft", self.sft_steps, self.sft_learning_rate, "sft")],
            "greedy": self._greedy,
            "table": list,
        }[stage]()

    def _label(self) -> list[Command]:
        return [
            (
                *self._run("train", self.model, self.template, "raw", 0.7, self.n, 96),
                f"source.n={self.questions}",
                f"source.seed={self.seed}",
                "supervision.method=bayes_bisection",
                f"supervision.confidence={self.confidence:g}",
            )
        ]

    def _asked(
        self, name: str, model: str, template: str, style: str, temperature: float, n: int, max_tokens: int
    ) -> Command:
        """Return the command that samples other questions than those of `label`, without step labels."""
        return (
            *self._run(name, model, template, style, temperature, n, max_tokens),
            f"source.n={self.others}",
            f"source.seed={self.seed + 1}",
            "supervision.method=none",
        )

    def _run(
        self, name: str, model: str, template: str, style: str, temperature: float, n: int, max_tokens: int
    ) -> Command:
        return (
            *(*FACTORY, "run", "pipelines/label_steps.yaml"),
            f"model={model}",
            f"run.dir={self.folder / name}",
            f"run.seed={self.seed}",
            f"source.levels=[{self.level}]",
            f"prompt.template={template}",
            f"prompt.style={style}",
            f"sampling.temperature={temperature:g}",
            f"sampling.max_tokens={max_tokens}",
            f"search.n={n}",
            "cluster.units_in_flight=8",
        )

    def _export(self) -> list[Command]:
        formats = ["prm", "sft", *["orm"] * self.orm]
        chosen = [word for name in formats for word in ("--format", name)]
        return [(*FACTORY, "export", str(self.folder / "train"), str(self.folder / "exports"), *chosen)]

    def _prm(self) -> list[Command]:
        steps = {"prm": self.prm_steps, **({"orm": self.orm_steps} if self.orm else {})}
        return [self._trained(name, name, n, self.learning_rate, name) for name, n in steps.items()]

    def _trained(self, name: str, kind: str, steps: int, learning_rate: float, data: str) -> Command:
        return (
            *(*FACTORY, "run", "pipelines/train.yaml"),
            f"model={self.model}",
            f"run.dir={self.folder / name}",
            f"run.seed={self.seed}",
            f"data.path={self.folder / 'exports' / 'data' / data}",
            f"trainer.kind={kind}",
            f"trainer.max_steps={steps}",
            f"trainer.learning_rate={learning_rate:g}",
            "trainer.batch_size=16",
            "trainer.max_length=128",
            "trainer.threads=2",
        )

    def _judge(self) -> list[Command]:
        places = (str(self.folder / "prm" / "model"), str(self.folder / "questions"))
        others = ("--untrained", str(self.folder / "untrained" / "model"))
        orm = ("--orm", str(self.folder / "orm" / "model")) if self.orm else ()
        options = ("--not-in", str(self.folder / "train"), "--json", str(self.folder / "judged.json"))
        return [(sys.executable, "-m", "tools.evaluation.eval_prm", *places, *others, *orm, *options)]

    def _greedy(self) -> list[Command]:
        tuned = str(self.folder / "sft" / "model")
        return [
            self._asked("greedy_few_shot", self.model, self.template, "raw", 0.0, 1, 96),
            self._asked("greedy_bare", self.model, "bare", "chat", 0.0, 1, LONG),
            self._asked("greedy_sft", tuned, "bare", "chat", 0.0, 1, LONG),
        ]

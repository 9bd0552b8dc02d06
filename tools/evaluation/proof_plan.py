"""Commands of `tools/evaluation/proof_of_worth.py`, stage by stage."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

FACTORY = (sys.executable, "-m", "tools.cli")
STAGES = ("label", "export", "prm", "untrained", "sample", "judge", "sft", "greedy", "table")
# Most tokens of an answer without examples in the prompt: the base model writes on after its answer.
LONG = 256
Command = tuple[str, ...]
# One line per option of the command. A field of the plan without a line here is an error when options are made of it.
OPTION_HELP = {
    "model": "model that is sampled and trained",
    "level": "level of the procedural questions",
    "template": "prompt template with examples",
    "questions": "number of questions labelled and trained on",
    "others": "number of other questions, which are measured on",
    "n": "samples per question",
    "confidence": "confidence that a step label needs (supervision.confidence)",
    "prm_steps": "optimizer steps of the process reward model",
    "orm_steps": "optimizer steps of the outcome reward model",
    "sft_steps": "optimizer steps of fine-tuning",
    "learning_rate": "learning rate of the reward models",
    "sft_learning_rate": "learning rate of fine-tuning",
    "seed": "seed of the questions trained on and of all runs; the others are drawn with the next one",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofPlan:
    """Options that the commands depend on; kept in `plan.json`, so that a folder belongs to one plan.

    * `folder`: holds everything that is made.
    * `orm`: True to train and measure an outcome reward model as well.
    * All others: see `OPTION_HELP`.
    """

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
        """Return the commands of a stage, one of `STAGES`, in order."""
        return {
            "label": self._label,
            "export": self._export,
            "prm": self._prm,
            # One step at next to no learning rate: the head of the reward model as it is initialised.
            "untrained": lambda: [self._trained("untrained", "prm", 1, 1e-12, "prm")],
            "sample": lambda: [self._other_questions("questions", self.model, self.template, "raw", 0.7, self.n, 96)],
            "judge": self._judge,
            "sft": lambda: [self._trained("sft", "sft", self.sft_steps, self.sft_learning_rate, "sft")],
            "greedy": self._greedy,
            "table": list,
        }[stage]()

    def _label(self) -> list[Command]:
        """Return the run whose questions are trained on, with step labels."""
        return [
            (
                *self._run("train", self.model, self.template, "raw", 0.7, self.n, 96),
                f"source.n={self.questions}",
                f"source.seed={self.seed}",
                "supervision.method=bayes_bisection",
                f"supervision.confidence={self.confidence:g}",
            )
        ]

    def _other_questions(
        self, name: str, model: str, template: str, style: str, temperature: float, n: int, max_tokens: int
    ) -> Command:
        """Return a run on other questions than those of `label`, without step labels."""
        # Another seed draws other questions; the few that come again are left out by `names_of`.
        return (
            *self._run(name, model, template, style, temperature, n, max_tokens),
            f"source.n={self.others}",
            f"source.seed={self.seed + 1}",
            "supervision.method=none",
        )

    def _run(
        self, name: str, model: str, template: str, style: str, temperature: float, n: int, max_tokens: int
    ) -> Command:
        """Return `factory run` of the labelling pipeline into `folder/name`, without source seed and supervision."""
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
        """Return the export of all formats that are trained on."""
        formats = ["prm", "sft", *["orm"] * self.orm]
        chosen = [word for name in formats for word in ("--format", name)]
        return [(*FACTORY, "export", str(self.folder / "train"), str(self.folder / "exports"), *chosen)]

    def _prm(self) -> list[Command]:
        """Return the training of the process reward model and, where it is asked for, of the outcome reward model."""
        steps = {"prm": self.prm_steps, **({"orm": self.orm_steps} if self.orm else {})}
        return [self._trained(name, name, n, self.learning_rate, name) for name, n in steps.items()]

    def _trained(self, name: str, kind: str, steps: int, learning_rate: float, data: str) -> Command:
        """Return one training of `steps` optimizer steps on the export `data`, by the trainer `kind`."""
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
        """Return the evaluation of the reward models on questions that were not trained on."""
        places = (str(self.folder / "prm" / "model"), str(self.folder / "questions"))
        others = ("--untrained", str(self.folder / "untrained" / "model"))
        orm = ("--orm", str(self.folder / "orm" / "model")) if self.orm else ()
        options = ("--not-in", str(self.folder / "train"), "--json", str(self.folder / "judged.json"))
        return [(sys.executable, "-m", "tools.evaluation.eval_prm", *places, *others, *orm, *options)]

    def _greedy(self) -> list[Command]:
        """Return three runs with one greedy answer per question: base with and without examples, fine-tuned model."""
        # The fine-tuned model gets the bare question: it was trained without examples.
        tuned = str(self.folder / "sft" / "model")
        return [
            self._other_questions("greedy_few_shot", self.model, self.template, "raw", 0.0, 1, 96),
            self._other_questions("greedy_bare", self.model, "bare", "chat", 0.0, 1, LONG),
            self._other_questions("greedy_sft", tuned, "bare", "chat", 0.0, 1, LONG),
        ]

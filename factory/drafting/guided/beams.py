"""Beam search over the steps of a solution, guided by a verifier (Snell et al., arXiv 2408.03314, sec. 5.2).

Several searches of one question go ahead level by level, together: so the order of all requests is fixed, and with it
seeds and tree, whatever is answered first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from factory.drafting.amounts import at_least
from factory.drafting.conclusion import Draft, finished
from factory.drafting.guided.settings import Guidance
from factory.drafting.guided.verifier import looked_ahead, scores_of
from factory.drafting.steps import next_steps
from factory.rollouts.nodes import STEP, Node
from factory.rollouts.policy import Policy
from factory.rollouts.together import together
from factory.types import LENGTH


@dataclass
class BeamShape(Guidance):
    """Shape of a beam search.

    * `width`: drafts that are kept at each level, the finished ones among them.
    * `expansions`: samples of the next step of each; the first step is sampled `width` × `expansions` times.
    * `look_ahead`: further steps that are written greedily behind a draft before the verifier reads it.
    * `depth`: most steps of a solution.
    """

    width: int = 4
    expansions: int = 4
    look_ahead: int = 0
    depth: int = 40

    def __post_init__(self) -> None:
        """Refuse amounts that are too small. Raises `ValueError`."""
        super().__post_init__()
        at_least(self, width=1, expansions=1, look_ahead=0, depth=1)


@dataclass(slots=True, eq=False)
class BeamSearch:
    """State of one beam search.

    * `open`: beams that go on.
    * `ended`: every finished draft, beam or not: all are paid for, and all may be chosen.
    * `best`: those of them that were among the best of their level; each keeps its place in the beam.
    * `left`: what there is where nothing is finished.
    """

    open: list[Node]
    ended: list[Draft] = field(default_factory=list)
    best: list[Node] = field(default_factory=list)
    left: list[Node] = field(default_factory=list)

    def advance(self, reached: Mapping[Node, int], scores: Mapping[Node, float], width: int) -> None:
        """Choose the beams of the next level.

        Args:
          reached: candidates in the order in which they came, and how often each was sampled.
          scores: scores by which they are ranked; those that it lacks are no beams.
          width: places of the beam.
        """
        able = [leaf for leaf in reached if leaf in scores]
        self.left = [*reached]
        self.ended += finished(reached, scores)
        # Equal scores keep the order in which they came.
        ranked = sorted(able, key=lambda leaf: -scores[leaf])
        kept = ranked[: width - len(self.best)]
        self.open = [leaf for leaf in kept if not leaf.finish]
        self.best += [leaf for leaf in kept if leaf.finish]


async def beam_searches(policy: Policy, shape: BeamShape, n: int, method: str) -> list[BeamSearch]:
    """Do `n` independent beam searches from the bare question.

    Args:
      policy: policy of the question.
      shape: shape of each search.
      n: number of searches.
      method: name of the search method.

    Returns:
      The searches, finished: nothing is open.

    Raises:
      QuestionFailed: what the models raise, except that a draft which one of them cannot read drops out alone.
    """
    searches = [BeamSearch([policy.tree.root]) for _ in range(n)]
    for level in range(shape.depth):
        going = [search for search in searches if search.open]
        if not going:
            break
        # Phase 1: next steps of all beams.
        samples = shape.expansions * (shape.width if level == 0 else 1)
        reached = await _reached(policy, going, samples, method)
        # Phase 2: what the verifier says of them. A draft that was cut off can never end, so nobody asks about it.
        able = dict.fromkeys(leaf for each in reached for leaf in each if leaf.finish != LENGTH)
        ahead = await looked_ahead(policy, able, shape.look_ahead, method)
        scores = await scores_of(policy, ahead.values(), shape)
        # Phase 3: the beams of the next level.
        ranks = {leaf: scores[seen] for leaf, seen in ahead.items() if seen in scores}
        for search, candidates in zip(going, reached, strict=True):
            search.advance(candidates, ranks, shape.width)
    for search in searches:
        search.left = search.open or search.left
        search.open = []
    return searches


async def _reached(policy: Policy, searches: Sequence[BeamSearch], samples: int, method: str) -> list[Counter[Node]]:
    """Return for each search the candidates behind its beams, with the number of samples that led there."""
    beams = [(number, leaf) for number, search in enumerate(searches) for leaf in search.open]
    steps = await together(next_steps(policy, leaf, samples, method=method) for _, leaf in beams)
    reached: list[Counter[Node]] = [Counter() for _ in searches]
    for (number, _), leaves in zip(beams, steps, strict=True):
        reached[number].update(leaves)
        for leaf in leaves:
            # A look ahead may have come here first.
            leaf.action = STEP
    return reached

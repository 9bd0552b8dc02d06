"""Formulas of tree search: UCT (Kocsis and Szepesvári, 2006), PUCT (Silver et al., 2017), and backing up. Pure."""

from __future__ import annotations

import math

from factory.rollouts.nodes import Node


def uct(node: Node, parent: Node, c: float) -> float:
    """Return the mean reward of `node` and its bonus c · sqrt(ln N(parent) / N(node)); infinite before a first visit.

    Args:
      node: node to select or not.
      parent: the node that it is looked at from.
      c: weight of the bonus, in units of rewards.
    """
    if not node.visits:
        return math.inf
    return mean_reward(node) + c * math.sqrt(math.log(max(1, parent.visits)) / node.visits)


def puct(node: Node, parent: Node, c: float, prior: float) -> float:
    """Return the mean reward of `node` and its bonus c · prior · sqrt(N(parent)) / (1 + N(node)).

    Args:
      node: node to select or not; its mean is 0 before a first visit.
      parent: the node that it is looked at from.
      c: weight of the bonus, in units of rewards.
      prior: probability of the node by whatever guides the search, from 0 to 1.
    """
    return mean_reward(node) + c * prior * math.sqrt(parent.visits) / (1 + node.visits)


def mean_reward(node: Node) -> float:
    """Return the mean of what was backed up through `node`; 0 before a first visit."""
    return node.reward / node.visits if node.visits else 0.0


def backup(leaf: Node, reward: float) -> None:
    """Count a visit and its reward at `leaf` and at every node up to the root."""
    node: Node | None = leaf
    while node is not None:
        node.visits += 1
        node.reward += reward
        node = node.parent

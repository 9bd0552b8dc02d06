"""Check that a model keeps packed examples apart: an architecture may ignore positions that begin again."""

from __future__ import annotations

from typing import Any

from actors.training_data.batches import Rows, collate
from factory.errors import TrainingFailed


def refuse_mixing(model: Any, rows: Rows) -> None:
    """Raise `TrainingFailed` when packed examples see each other in this architecture.

    Other tokens in a row's first example must leave the last one's logits as they are.
    """
    import torch

    # Any row with more than one example will do.
    row = next((row for row in range(len(rows.rows)) if len(rows.rows[row]) > 1), None)
    if row is None:
        return
    inputs = collate([rows.inputs(row)])
    del inputs["labels"]
    device = next(model.parameters()).device
    inputs = {name: tensor.to(device) for name, tensor in inputs.items()}
    # Put other tokens into the first example.
    end = rows.tokens(row)
    begin = end - len(rows.rows[row][-1].ids)
    others = inputs["input_ids"].clone()
    others[0, : len(rows.rows[row][0].ids)] = others[0, end - 1]
    model.eval()
    with torch.no_grad():
        # Compare the logits of the last example with and without the change.
        seen = [
            model(**(inputs | {"input_ids": ids}), use_cache=False).logits[0, begin:end].float()
            for ids in (inputs["input_ids"], others)
        ]
    model.train()
    if not torch.allclose(*seen, rtol=1e-3, atol=1e-3):
        raise TrainingFailed(f"{type(model).__name__} lets packed examples see each other; set trainer.packing=false")

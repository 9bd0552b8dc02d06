"""Loss on examples that nothing is trained on: the export's split `validation`.

It is measured at the end of every epoch, and draws no random number, so that the weights are what they are without it.
"""

from __future__ import annotations

from typing import Any

from actors.training.heads import Head
from actors.training_data.batches import Rows, collate
from actors.training_data.tokens import IGNORED

MOST = 1000
"""Number of examples that are taken, the first of the split: a loss is sure to some hundredths by then, and every epoch
pays for them."""


def validation_loss(model: Any, rows: Rows, batch: int, head: Head | None) -> float:
    """Return the mean loss over all labels of `rows`, as the loss of a training step is.

    Args:
      model: in training; it is set back to training mode.
      rows: validation examples.
      batch: rows of one forward pass.
      head: of a reward model; None for a language model.
    """
    import torch

    device = next(model.parameters()).device
    cost, count = 0.0, 0
    model.eval()
    with torch.no_grad():
        for begin in range(0, len(rows.rows), batch):
            numbers = range(begin, min(begin + batch, len(rows.rows)))
            # The last batch gets the shape of the others: a new shape costs seconds of kernel compilation on a CPU.
            filling = [rows.inputs(0, ignored=True)] * (batch - len(numbers))
            inputs = collate([*(rows.inputs(number) for number in numbers), *filling])
            inputs = {name: tensor.to(device) for name, tensor in inputs.items()}
            labels = inputs["labels"]
            if head:
                del inputs["labels"]
                loss = head.loss(model(**inputs), labels)
            else:
                loss = model(**inputs).loss
            # Batches count by their labels, so that the mean is over labels, not over batches.
            known = int((labels != IGNORED).sum())
            cost += float(loss) * known
            count += known
    model.train()
    return cost / count

"""From rollouts to step labels: the belief about the first error, the prior a run learns, and the labels themselves."""

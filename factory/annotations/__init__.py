"""Annotations: what people say of the labels of a run, kept beside it, and how often they agree."""

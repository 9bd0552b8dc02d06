"""Figures of a whole run for `factory report`: its records streamed through sections, its journals, its engines."""

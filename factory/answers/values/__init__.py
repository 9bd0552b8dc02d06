"""Exact values of answers: numbers, quantities with units, number words, special notations."""

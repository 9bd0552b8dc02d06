"""Reward models and exports put to the test."""

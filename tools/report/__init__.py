"""Page of `factory report`: the figures of a run as one self-contained HTML file."""

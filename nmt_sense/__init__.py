"""NMT Sense: a sensing glove, live coaching and trustworthy recordings for neuromuscular massage therapy."""

__version__ = "0.1.0"

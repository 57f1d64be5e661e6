"""Force to holds and cues: techniques, hold tracker, coach."""

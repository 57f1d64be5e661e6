"""THE pipeline: glove -> sensing -> coaching -> session, no window needed."""

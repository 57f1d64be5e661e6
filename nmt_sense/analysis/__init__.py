"""Files -> what can be known and made of them after a session, for window and command line alike."""

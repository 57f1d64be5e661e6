"""Reading what somebody sent: only what is expected, in bounded memory and time, and nothing outside the file."""

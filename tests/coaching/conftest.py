from hypothesis import settings

# The same examples on every machine: a failure that one person sees, everybody can see.
settings.register_profile("seeded", derandomize=True, deadline=None)
settings.load_profile("seeded")

"""What is kept, for how long, and who sees to it: `docs/privacy.md` tells all of it.

Files of jobs go by services.files, and where their owner allows it into the archive for training
(`training.py`) before. Strays of crashes are found by `strays.py`. Everything that has an age
limit is cleared away by `chores.py`, in whichever process comes first.
"""

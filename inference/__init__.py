"""Image editing as a library: bytes in, result out. Knows nothing of Django, accounts or jobs."""

import os

# Threads of OpenCV that wait busily for their next part take cores from the networks. It reads
# this once, when it is imported.
os.environ.setdefault("OPENCV_THREAD_POOL_ACTIVE_WAIT_WORKER", "0")
os.environ.setdefault("OPENCV_THREAD_POOL_ACTIVE_WAIT_MAIN", "0")

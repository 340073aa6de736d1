"""The chaos suite: it sends under load, injects faults, heals, waits until everything is out, and judges what it saw.

`python -m tests.chaos` runs it for as long as asked. A run leaves a `History`, and the checker judges that alone.
"""

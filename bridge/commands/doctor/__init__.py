"""`chat-tasks doctor`: asks servers and processes everything that may be wrong, and says what mends it.

`diagnosis.py` runs the checks of `catalogue.py` side by side, and each check yields answers (`finding.py`).
"""

from bridge.commands.doctor.command import doctor as doctor

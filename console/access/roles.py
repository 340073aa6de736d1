"""What each role may see and do."""

from enum import IntEnum


class Role(IntEnum):
    """A role may do all that the roles below it may."""

    VIEWER = 1
    """Sees figures, and no text of a user."""
    READER = 2
    """Reads conversations and letters."""
    OPERATOR = 3
    """Sends, replays, releases, and changes the workers' pools."""

    @property
    def label(self) -> str:
        """The role's name for people and for JSON."""
        return self.name.lower()

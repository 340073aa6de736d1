"""How the processes log: text for people, or one JSON object a line for programs; no text from outside forges one."""

"""Who did what: `entry` is an action, `trail` writes it before and after it is carried out, `reading` reads it."""

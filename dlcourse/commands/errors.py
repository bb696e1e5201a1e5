"""What a command says when a person can mend it."""


class CommandError(Exception):
    """One sentence for the person at the keyboard: what is wrong, where, and what to try."""

"""Control characters as signs, so that no text from a file gives a terminal commands."""

_CONTROLS = {code: 0x2400 + code for code in range(32)} | {127: 0x2421}
_CONTROLS |= dict.fromkeys(range(0x80, 0xA0), 0xFFFD)


def visible(text: str) -> str:
    """Return a text with control characters as the signs for them: an escape is `␛`, a tab `␉`."""
    return text.translate(_CONTROLS)

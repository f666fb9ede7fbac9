"""Makes a text one that can be written as UTF-8. Imports nothing, for short commands need it too."""


def well_formed(text: str) -> str:
    """Replace lone surrogates, which are no characters and cannot be written as UTF-8; all else stays."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text

"""Lets `python -m ui ...` do what `lectern ...` does."""

from ui.cli import main

if __name__ == "__main__":
    main()

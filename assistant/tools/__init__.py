"""The agent's tools, one file and one class each; `tool` says what a tool is. What runs them is `assistant.toolbox`."""

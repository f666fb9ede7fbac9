"""Every face of Lectern: terminal, web. The only package that knows all the others."""

"""The command line: one file per verb, each thin over one public function.

Importing it, and asking for help, loads none of the libraries that read or write.
"""

from __future__ import annotations

from .application import app, main

__all__ = ["app", "main"]

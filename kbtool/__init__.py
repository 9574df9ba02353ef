"""kbtool: support knowledge in git that can be trusted."""

__version__ = "0.1.0"

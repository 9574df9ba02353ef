"""`python -m kbtool` is the command line."""

from kbtool.cli import main

main()

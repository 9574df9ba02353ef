"""The checks that come with kbtool, one file each; the list of them is in kbtool/registry.py."""

"""Report formats, one file each: `render(run, **options) -> str`; the list of them is in kbtool/registry.py."""

"""The notebooks are executed by nbmake; their paired scripts are the same cells, not doctests."""

collect_ignore_glob = ["*.py"]

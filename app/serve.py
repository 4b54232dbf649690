"""The app's server with what its pages need imported before the first reader comes.

    python -m app.serve run app/main.py --server.port 8501

takes what `streamlit` takes; `workbench app` starts it. `WORKBENCH_PLUGINS` in the environment names
the plug-in files that it loads.
"""

import os
from importlib import import_module

from streamlit.web.cli import main

from workbench.catalog.plugins import load_plugins

AHEAD = (
    "plotly.graph_objs._figure",
    "app.data.plausibility",
    "app.data.speed",
    "app.figures.drawing",
    "app.data.one_text",
)
"""What takes long to import; nothing of it needs torch, which comes when a page runs a model."""

PLUGINS = "WORKBENCH_PLUGINS"
"""The environment variable that names plug-in files, between the system's separators of paths."""

if __name__ == "__main__":
    load_plugins(filter(None, os.environ.get(PLUGINS, "").split(os.pathsep)))
    for name in AHEAD:
        import_module(name)
    main(prog_name="streamlit")

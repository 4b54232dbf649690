"""The diagram of layers is that of the real imports, and no module imports itself by a detour."""

from graphlib import TopologicalSorter

import grimp

from tests.helpers.docs_blocks import docs_tool


def test_the_diagram_is_drawn_from_the_imports():
    tool = docs_tool("layers")
    (drawn,) = tool.PLACE.findall(tool.PAGE.read_text(encoding="utf-8"))
    assert drawn == tool.diagram(), "python docs/tools/layers.py draws it anew"


def test_no_module_imports_itself_by_a_detour():
    """Imports inside functions and those for type checkers count."""
    graph = grimp.build_graph("workbench", "app", "analyses", exclude_type_checking_imports=False)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    TopologicalSorter(imports).prepare()

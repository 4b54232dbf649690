"""UIMA CAS JSON 0.4: a text as one feature structure, and all that is said of it as others."""

import reprlib
from typing import Any

from workbench.data.rationales.offsets import Unit, in_characters
from workbench.data.readers.exported_text import ExportedText, Mark, is_own_layer
from workbench.data.rows import checked_text
from workbench.errors import InputError

STRUCTURES = "%FEATURE_STRUCTURES"
_TYPE, _ID, _SOFA_TYPE, _FIRST_VIEW = "%TYPE", "%ID", "uima.cas.Sofa", "_InitialView"


def read_cas(value: dict[str, Any], unit: Unit, where: str) -> ExportedText:
    """Return the text of the first view, its marks, and the features of the whole document.

    Args:
        value: The JSON object.
        unit: What offsets count; UIMA's own are UTF-16 units.
        where: The file, for errors: InputError for a missing text, or a mark outside of it.
    """
    structures = _structures(value.get(STRUCTURES), where)
    sofa = _sofa(structures, where)
    text = checked_text(sofa.get("sofaString"), f"{where}: sofaString")
    marks, said = [], dict[str, str]()
    for one in structures:
        layer, begin, end = one.get(_TYPE), one.get("begin"), one.get("end")
        if not isinstance(layer, str) or one is sofa or one.get("@sofa", sofa.get(_ID)) != sofa.get(_ID):
            continue
        features = {key: _written(v) for key, v in one.items() if key[:1] not in "%@^" and _is_plain(v)}
        if type(begin) is int and type(end) is int:
            values = tuple(v for key, v in features.items() if key not in ("begin", "end"))
            found = in_characters(text, ((begin, end),), unit) if 0 <= begin <= end else None
            if found is None:
                raise InputError(
                    f"{where}: {layer} {one.get(_ID)}: [{begin}, {end}] lies outside the text, or inside"
                    " a character of it (data.offsets)"
                )
            marks.append(Mark(layer, found, values))
        elif is_own_layer(layer):
            for key, written in features.items():
                if said.setdefault(key, written) != written:
                    raise InputError(
                        f"{where}: {key} of the document is {reprlib.repr(said[key])} and"
                        f" {reprlib.repr(written)}"
                    )
    return ExportedText(text, marks, said)


def _structures(value: Any, where: str) -> list[dict[str, Any]]:
    """Return all feature structures, which a file has in a list, or by id."""
    if isinstance(value, dict):
        value = [{_ID: key} | one for key, one in value.items() if isinstance(one, dict)]
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise InputError(f"{where}: {STRUCTURES} is no list of objects (not CAS JSON 0.4)")
    return value


def _sofa(structures: list[dict[str, Any]], where: str) -> dict[str, Any]:
    """Return what holds the text: that of the first view, or the first one."""
    sofas = [one for one in structures if one.get(_TYPE) == _SOFA_TYPE and "sofaString" in one]
    if not sofas:
        raise InputError(f"{where}: no text in it (a {_SOFA_TYPE} with sofaString)")
    return next((one for one in sofas if one.get("sofaID") == _FIRST_VIEW), sofas[0])


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float) and value != ""


def _written(value: Any) -> str:
    return str(value)

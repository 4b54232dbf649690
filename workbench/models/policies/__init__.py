"""Methods by name. Adding one: a file with a `Policy` and a row here."""

from workbench.errors import InputError
from workbench.models.policies.adapler import AdapLeR
from workbench.models.policies.base import Policy
from workbench.models.policies.distilbert import DistilBert
from workbench.models.policies.ltp import LTP
from workbench.models.policies.powerbert import PowerBert
from workbench.models.policies.top import ToP
from workbench.models.policies.transkimmer import Transkimmer
from workbench.models.policies.trbert import TrBert

POLICIES: dict[str, type[Policy]] = {
    "dense": Policy,
    "distilbert": DistilBert,
    "adapler": AdapLeR,
    "top": ToP,
    "ltp": LTP,
    "transkimmer": Transkimmer,
    "powerbert": PowerBert,
    "trbert": TrBert,
}
PRUNERS = tuple(name for name, kind in POLICIES.items() if kind.keep is not Policy.keep)
"""Those that drop tokens."""


def policy_class(method: str) -> type[Policy]:
    """The policy of a method; InputError lists the known ones."""
    try:
        return POLICIES[method]
    except KeyError:
        raise InputError(f"unknown method {method!r} (known: {', '.join(POLICIES)})") from None

"""Policies by method, as the catalogue names them."""

from workbench.catalog.methods import METHODS, implementation, method_spec
from workbench.models.policies.base import Policy


def policy_class(method: str) -> type[Policy]:
    """Return the policy of a method; InputError lists the known ones."""
    kind: type[Policy] = implementation(method_spec(method).policy, Policy, METHODS.place(method))
    return kind

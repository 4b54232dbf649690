"""What encoding gives back: the windows of some texts, and what happened while cutting."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from workbench.core.counts import counted, counted_notes
from workbench.core.documents import Window
from workbench.errors import InputError


@dataclass(frozen=True)
class Encoding:
    """The windows of some documents, in their order, and what happened while cutting."""

    windows: list[Window]
    texts: int
    max_tokens: int
    split_spans: tuple[tuple[str, int], ...] = ()
    """(text id, number of spans) where a span is longer than a window and had to be cut."""
    split_words: tuple[str, ...] = ()
    """Ids of texts with a single word longer than a window."""
    unknown_only: tuple[str, ...] = ()
    """Ids of texts of which the tokenizer knows not one word."""
    _places: dict[str, slice] = field(default_factory=dict, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.windows)

    @property
    def n_with_evidence(self) -> int:
        """Return windows that hold at least one rationale token."""
        return len(with_evidence(self.windows))

    @property
    def n_split_spans(self) -> int:
        return sum(n for _, n in self.split_spans)

    @property
    def notes(self) -> tuple[str, ...]:
        """Return one sentence per thing worth knowing, with counts."""
        texts, windows = counted(self.texts, "text"), counted(len(self), "window")
        cut = f" longer than a window and cut ({_shown(text for text, _ in self.split_spans)})."
        unknown = f" of unknown tokens only ({_shown(self.unknown_only)})."
        notes = [f"{texts} in {windows} of at most {self.max_tokens} tokens."]
        notes += counted_notes((self.n_split_spans, "rationale span", cut))
        if self.split_words:
            notes.append(f"Words longer than a window were cut in {_shown(self.split_words)}.")
        return (*notes, *counted_notes((len(self.unknown_only), "text", unknown)))

    def refuse_unknown(self) -> None:
        """Raise InputError naming texts of which the tokenizer knows no character, if there are any."""
        if self.unknown_only:
            raise InputError(
                f"the tokenizer knows no character of {counted(len(self.unknown_only), 'text')} "
                f"({_shown(self.unknown_only)}); data.unknown_only=keep takes them all the same"
            )

    def refuse_cut(self) -> None:
        """Raise InputError naming the first text that needs more than one window, if there is one."""
        for window in self.windows:
            if window.window:
                first, *others = self.of_text(window.text_id)
                # Of every further window, only the part of the first text is new.
                new = sum(
                    int(((other.token_type_ids == 0) & (other.word_index >= 0)).sum())
                    for other in others
                )
                tokens = len(first.input_ids) + new
                raise InputError(
                    f"text {window.text_id!r} has {tokens} tokens, more than {self.max_tokens}"
                )

    def of_text(self, text_id: str) -> list[Window]:
        """Return all windows of one text; KeyError for an unknown id."""
        return self.windows[self._places[text_id]]


def with_evidence(windows: Iterable[Window]) -> list[Window]:
    """Return only the windows with at least one rationale token (AdapLeR's universe)."""
    return [window for window in windows if holds_evidence(window)]


def holds_evidence(window: Window) -> bool:
    """Return whether the window holds at least one rationale token."""
    return window.rationale is not None and bool(window.rationale.any())


def _shown(ids: Iterable[str]) -> str:
    items = list(ids)
    return ", ".join(items[:3]) + (f" and {len(items) - 3:,} more" if len(items) > 3 else "")

"""SQuAD's files, versions 1.1 and 2.0, as questions with answers at their places, split by article."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from workbench.config.data import DataSettings
from workbench.config.questions import QuestionsConfig
from workbench.core.counts import SHOWN, counted, counted_notes
from workbench.core.questions import Answer, Question, QuestionSet
from workbench.data.files.json_files import json_object
from workbench.data.readers.files import file_options
from workbench.data.readers.split_files import named_files
from workbench.data.readers.squad_files import Asked, asked_questions
from workbench.data.rows import corpus_name
from workbench.data.splits import SPLITS, place_and_order, text_key
from workbench.errors import InputError

Misplaced = Literal["refuse", "search", "drop"]


def load_questions(
    settings: DataSettings, *, answers: Misplaced = "refuse", dev_share: float = 0.1, seed: int = 0
) -> QuestionSet:
    """Return the questions of `data.path` (a file, or a folder of them) or of `data.paths`.

    Where only questions for training are there, the dev split is cut from them.

    Args:
        settings: Names the files, and how they are written.
        answers: What to do with an answer that does not stand at its offset, or is empty: `refuse`;
            `search`: move it to the nearest place where it stands, the earlier of two, or drop it where
            there is none; `drop`. A question that loses its last answer is dropped with it, since it is
            none that the passage does not answer.
        dev_share: The share of articles that are cut for dev; 0: none are.
        seed: Another one cuts other articles.

    Raises:
        InputError: Names the file and the question of a broken form, of a misplaced answer and of an id
            that occurs twice.
    """
    notes: list[str] = []
    read: dict[str, list[Question]] = {split: [] for split in SPLITS}
    placers: dict[str, _Placer] = defaultdict(lambda: _Placer(answers))
    seen: set[str] = set()
    files = named_files(settings, (".json",))
    for name, path in files:
        split = name or "train"
        asked = asked_questions(json_object(path, file_options(settings), notes), path)
        read[split] += placers[split].questions(_once(asked, seen))
    if not any(read.values()):
        raise InputError(f"{files[0][1]}: holds no questions")
    if dev_share > 0 and not read["dev"] and not read["test"]:
        read["train"], read["dev"] = split_by_article(read["train"], dev_share, seed)
        notes.append(
            f"dev cut from train by a hash of the article ({dev_share:.0%}, seed {seed}): "
            f"{counted(len(read['dev']), 'question')} of {counted(_articles(read['dev']), 'article')}."
        )
    found = {split: placer.counts for split, placer in placers.items()}
    total = sum(found.values(), Counter[str]())
    notes += counted_notes(
        (total[MOVED], "answer", " moved to the nearest place where it stands."),
        (total[DROPPED], "answer", " dropped that does not stand at its offset."),
        (total[UNANSWERED], "question", " dropped with the last answer."),
    )
    return QuestionSet(
        name=corpus_name(settings),
        splits={split: tuple(members) for split, members in read.items()},
        notes=tuple(notes),
        counts={
            name: {split: counts[name] for split, counts in found.items()}
            for name in (MOVED, DROPPED, UNANSWERED)
        },
    )


def configured_questions(config: QuestionsConfig) -> QuestionSet:
    """Return the questions that a configuration trains on and judges by.

    Args:
        config: Names the files, and says how many training questions are taken.

    Raises:
        InputError: As `load_questions`, and where there is nothing to train on or to judge by.
    """
    settings = config.questions
    found = load_questions(
        config.run.data, answers=settings.misplaced, dev_share=settings.dev_share, seed=config.run.seed
    )
    splits = found.splits | {"train": found.splits["train"][: settings.max_train]}
    for split in ("train", "dev"):
        if not splits[split]:
            raise InputError(f"{found.name}: the {split} split has no questions")
    return replace(found, splits=splits)


MOVED, DROPPED, UNANSWERED = "moved_answers", "dropped_answers", "dropped_questions"
"""Names in `QuestionSet.counts`."""


def split_by_article(
    questions: Sequence[Question], dev_share: float, seed: int
) -> tuple[list[Question], list[Question]]:
    """Return questions for training and for dev; an article, or else a passage, is never on both sides.

    Args:
        questions: All; an article's title decides, where there is none the passage.
        dev_share: This share of articles goes to dev, rounded, but one at least, and never the only one:
            those that come first by a hash of their names, so nested for growing shares.
        seed: Of the hash.
    """
    articles = sorted(set(map(_article, questions)), key=lambda one: place_and_order(f"{seed}\x1f{one}"))
    most = min(max(1, round(dev_share * len(articles))), len(articles) - 1)
    chosen = set(articles[:most])
    sides: tuple[list[Question], list[Question]] = ([], [])
    for question in questions:
        sides[_article(question) in chosen].append(question)
    return sides


def _article(question: Question) -> str:
    return question.article or text_key(question.context)


def _articles(questions: Iterable[Question]) -> int:
    return len(set(map(_article, questions)))


def _once(asked: Iterable[Asked], seen: set[str]) -> Iterator[Asked]:
    for one in asked:
        if one.id in seen:
            raise InputError(f"{one.where}: the id occurs twice")
        seen.add(one.id)
        yield one


@dataclass
class _Placer:
    """Makes questions whose answers stand at their offsets, and counts what that took."""

    misplaced: Misplaced
    counts: Counter[str] = field(default_factory=Counter)

    def questions(self, asked: Iterable[Asked]) -> Iterator[Question]:
        for one in asked:
            answers = tuple(self._answers(one))
            if one.answers and not answers:
                self.counts[UNANSWERED] += 1
                continue
            yield Question(one.id, one.text, one.context, answers, not answers, one.article)

    def _answers(self, asked: Asked) -> Iterator[Answer]:
        for number, (text, start) in enumerate(asked.answers, 1):
            where = f"{asked.where}: answer {number}"
            if text.strip() and start >= 0 and asked.context.startswith(text, start):
                yield Answer(text, start)
            elif self.misplaced == "refuse":
                raise InputError(f"{where}: {_fault(text, start, asked.context)}")
            else:
                nearest = nearest_place(text, asked.context, start) if text.strip() else None
                if self.misplaced == "search" and nearest is not None:
                    self.counts[MOVED] += 1
                    yield Answer(text, nearest)
                else:
                    self.counts[DROPPED] += 1


def nearest_place(text: str, context: str, near: int) -> int | None:
    """Return where a text stands that is nearest to a place, the earlier of two; None: nowhere.

    Args:
        text: Not empty.
        context, near: Where to look, and near which character.
    """
    # Behind the end, or before the beginning, the nearest is the last, or the first.
    near = min(max(near, 0), len(context))
    places = (context.rfind(text, 0, near + len(text)), context.find(text, near))
    return min((at for at in places if at >= 0), key=lambda at: abs(at - near), default=None)


def _fault(text: str, start: int, context: str) -> str:
    if not text.strip():
        return "the answer is empty"
    there = context[start : start + len(text)] if start >= 0 else ""
    return f"{text[:SHOWN]!r} does not stand at {start}, where there is {there[:SHOWN]!r}"

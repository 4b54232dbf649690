"""Benchmark models that answer questions: the stock model, our dense one and every pruned one."""

from workbench.data.windows.questions import encode_by_settings
from workbench.errors import InputError
from workbench.models.token_classifier import load_token_classifier
from workbench.pipeline.bench.run import Prepared, Subject, checked_device
from workbench.pipeline.job import Reporter
from workbench.pipeline.questions.job import QuestionsJob
from workbench.pipeline.requests import BenchRequest
from workbench.runs.answers import AnswersFolder


def prepare_answers(options: BenchRequest, reporter: Reporter) -> Prepared:
    """Load the trained models of a folder of `workbench answer`, and windows of its first dev questions.

    InputError for what cannot be timed, or timed otherwise than by `--engines`.
    """
    assert options.run is not None
    device = checked_device(options)
    if not options.engines:
        raise InputError(
            "bench of models that answer questions: needs --engines, such as --engines onnxruntime"
        )
    given = options.texts, options.text_column, options.max_tokens, options.bfloat16
    if any(given) or options.too_long != "windows" or device.type != "cpu":
        raise InputError(
            "bench of models that answer questions: times float32 models on the CPU, on the dev"
            " questions as they were cut in training; leave --texts, --text-column, --max-tokens,"
            " --too-long, --bfloat16 and --device out"
        )
    trained = AnswersFolder(options.run)
    job = QuestionsJob(options.run, trained.config, reporter)
    models = {
        system.name: load_token_classifier(trained.model_folder(system.name), "answers")[0]
        for system in job.systems
    }
    asked = job.questions.splits["dev"][: options.limit]
    encoding = encode_by_settings(asked, job.tokenizer, job.config.questions)
    subject = Subject(models, job.tokenizer, job.longest)
    return Prepared(subject, encoding.windows, "dev", options.out or options.run)

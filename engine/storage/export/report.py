"""Exports a run as one self-contained HTML file, in English."""

from collections.abc import Iterable, Sequence

from engine.events import ConfusionMatrix
from engine.hyperparameters import OWN_NETWORK, SPECIFICATIONS
from engine.storage.export.charts import Curve, chart
from engine.storage.export.exported_run import ExportedRun
from engine.storage.export.html import page, safe_text, table
from engine.training.metrics import class_metrics, is_unbalanced, mean_recall

MAX_MATRIX_CLASSES = 30
"""Classes; of more, the matrix is left out and its worst confusions are listed."""
MAX_CHANGES = 200
WORST = 20


def to_html(history: ExportedRun) -> str:
    """Return the report: result, curves, matrix, classes, hyperparameters, live changes, circumstances."""
    started = history.started
    title = started.name or started.run
    sections = [
        f"<h1>{safe_text(title)}</h1>",
        f"<p>{safe_text(f'Run {started.run}, begun {history.created}, {history.state}.')}</p>",
        f'<p class="note">{safe_text(history.note)}</p>' if history.note else "",
        "<h2>Result</h2>",
        table(_result(history)),
        "<h2>Epochs</h2>",
        _charts(history),
        _matrix(history),
        "<h2>Hyperparameters</h2>",
        "<p>Those in bold, marked with *, are not the defaults.</p>",
        _hyperparameters(history),
        _changes(history),
        "<h2>Data and machine</h2>",
        table(_environment(history)),
    ]
    return page(title, sections)


def _result(history: ExportedRun) -> Iterable[tuple[str, str]]:
    """Yield the result of the run."""
    ended, best = history.ended, history.best
    yield (
        "Epochs",
        f"{len(history.epochs):,} of {history.started.hyperparameters.epochs:,} planned at the start",
    )
    if best:
        yield "Best epoch", f"{best.epoch:,}, by {best.early_stopping.monitor.replace('_', ' ')}"
        yield "Validation accuracy at the best epoch", f"{best.validation_accuracy:.2%}"
        yield "Validation loss at the best epoch", _loss(best.validation_loss)
    else:
        yield "Best epoch", "none: no epoch was validated"
    if ended and ended.test_accuracy is not None:
        yield "Test accuracy with the best weights", f"{ended.test_accuracy:.2%}"
        matrix = ended.confusion_matrix
        if matrix is not None and is_unbalanced(matrix) and (recall := mean_recall(matrix)) is not None:
            yield "Mean of the classes' recalls (their sizes differ)", f"{recall:.2%}"
        yield "Test loss with the best weights", _loss(ended.test_loss)
        if history.started.hyperparameters.label_smoothing and ended.plain_test_loss is not None:
            yield "The same without label smoothing", _loss(ended.plain_test_loss)
        if ended.test_looks is not None:
            yield "Networks evaluated on this test set until then", f"{ended.test_looks:,}"
    else:
        yield "Test accuracy", "none: the test set was not evaluated"
    yield (
        "Time spent training",
        f"{ended.seconds if ended else sum(e.seconds for e in history.epochs):,.1f} s",
    )


def _charts(history: ExportedRun) -> str:
    """Return the curves of loss, accuracy and learning rate."""
    epochs = history.epochs
    if not epochs:
        return "<p>No epoch was finished.</p>"
    best = history.best.epoch if history.best else None

    def pair(figure: str) -> list[Curve]:
        return [
            Curve(split, [(e.epoch, getattr(e, f"{split}_{figure}")) for e in epochs], split == "validation")
            for split in ("train", "validation")
        ]

    charts = [
        chart("Loss (nats)", pair("loss"), best),
        chart("Accuracy", pair("accuracy"), best, "%"),
        chart("Learning rate", [Curve("learning rate", [(e.epoch, e.learning_rate) for e in epochs])], best),
    ]
    text = (
        "Training figures were measured as each mini-batch was learned. The learning rate of an epoch is "
        "that of its last step. The dotted line is the best epoch."
    )
    return f'<div class="charts">{"".join(charts)}</div><p>{text}</p>'


def _matrix(history: ExportedRun) -> str:
    """Return the confusion matrix, or its worst cells, and the figures of each class."""
    matrix, of = (history.ended.confusion_matrix if history.ended else None), "test images, best weights"
    if matrix is None and history.epochs:
        last = history.best or history.epochs[-1]
        matrix, of = last.validation_confusion_matrix, f"validation images, epoch {last.epoch}"
    if matrix is None:
        return ""
    names = history.started.data.class_names
    if len(names) != matrix.classes:
        names = tuple(map(str, range(matrix.classes)))
    head = f"<h2>Confusion matrix</h2><p>Of the {of}. Rows: true class; columns: predicted class.</p>"
    shown = (_whole if matrix.classes <= MAX_MATRIX_CLASSES else _worst)(matrix, names)
    return f"{head}{shown}<h2>Classes</h2>{_classes(matrix, names)}"


def _whole(matrix: ConfusionMatrix, names: Sequence[str]) -> str:
    """Return every cell, the darker the larger its share of its row."""
    lines = ["<tr><th></th>" + "".join(f"<th>{safe_text(name)}</th>" for name in names) + "</tr>"]
    for label, row in enumerate(matrix.rows()):
        total = sum(row) or 1
        cells = "".join(
            f'<td style="background:rgba({"27,98,196" if label == predicted else "194,84,27"},'
            f'{min(0.75, 3 * n / total) if label != predicted else 0.45 * n / total:.2f})">{n or ""}</td>'
            for predicted, n in enumerate(row)
        )
        lines.append(f"<tr><th>{safe_text(names[label])}</th>{cells}</tr>")
    return f'<div class="wide"><table class="n">{"".join(lines)}</table></div>'


def _worst(matrix: ConfusionMatrix, names: Sequence[str]) -> str:
    """Return the largest cells off the diagonal."""
    wrong = sorted((-n, true, predicted) for true, predicted, n in matrix.cells if true != predicted)[:WORST]
    if not wrong:
        return "<p>Nothing was confused.</p>"
    items = "".join(
        f"<li>class {safe_text(names[true])} predicted as {safe_text(names[predicted])}: {-n:,} times</li>"
        for n, true, predicted in wrong
    )
    return f"<p>With {matrix.classes:,} classes, only the worst confusions:</p><ol>{items}</ol>"


def _classes(matrix: ConfusionMatrix, names: Sequence[str]) -> str:
    """Return precision, recall and F1 of each class that has images or was predicted."""
    head = "".join(f"<th>{word}</th>" for word in ("class", "precision", "recall", "F1", "images"))
    lines = [f"<tr>{head}</tr>"]
    for figures in class_metrics(matrix):
        shares = (figures.precision, figures.recall, figures.f1)
        cells = "".join(f"<td>{'none' if share is None else f'{share:.2%}'}</td>" for share in shares)
        lines.append(
            f"<tr><th>{safe_text(names[figures.label])}</th>{cells}<td>{figures.support:,}</td></tr>"
        )
    return f'<div class="wide"><table class="n">{"".join(lines)}</table></div>'


def _hyperparameters(history: ExportedRun) -> str:
    """Return all that the run started with, the changed ones marked."""
    given = history.started.hyperparameters
    lines = []
    for name, specification in SPECIFICATIONS.items():
        if history.started.network is not None and name not in OWN_NETWORK:
            continue  # the person's code decides it
        value = getattr(given, name)
        default = name in ("learning_rate", "threads") or value == specification.default
        shown = safe_text(specification.format(value)) or "none"
        row = f"<td>{name}{'' if default else ' *'}</td><td>{shown}</td>"
        lines.append(("<tr>" if default else '<tr class="changed">') + row + "</tr>")
    return f"<table>{''.join(lines)}</table>"


def _changes(history: ExportedRun) -> str:
    """Return what was changed during the run."""
    if not history.changes:
        return ""
    lines = "".join(
        f"<li>epoch {c.epoch}, after {c.batch:,} mini-batches: {safe_text(c.name)} from {safe_text(c.old)} "
        f"to {safe_text(c.new)}</li>"
        for c in history.changes[:MAX_CHANGES]
    )
    more = len(history.changes) - MAX_CHANGES
    rest = f"<p>And {more:,} more.</p>" if more > 0 else ""
    return f"<h2>Changed during the run</h2><ol>{lines}</ol>{rest}"


def _environment(history: ExportedRun) -> Iterable[tuple[str, str]]:
    """Yield the data, the network and the machine of the run."""
    started = history.started
    data, machine = started.data, started.environment
    yield "Data set", f"{data.name}, from {data.source}"
    yield "Fingerprint", data.fingerprint
    yield "Images", f"{data.height} x {data.width} pixels, {data.classes:,} classes"
    yield (
        "Split",
        f"{started.training_images:,} to learn from, {started.validation_images:,} for validation, "
        f"{data.test_images:,} for the test",
    )
    yield "Network", f"{' - '.join(map(str, started.layer_sizes))}: {started.parameters:,} parameters"
    if started.network is not None:
        yield "A person's own", f"{started.network.class_name} in {started.network.path}"
    yield "NumPy", f"{machine.numpy}, {machine.blas}, threads: {machine.threads}"
    yield "Machine", machine.machine


def _loss(value: float | None) -> str:
    return "not a finite number" if value is None else f"{value:.4f}"

"""Exports a run as one self-contained HTML file, in English."""

from collections.abc import Iterable, Sequence
from html import escape

from engine.events import ConfusionMatrix
from engine.hyperparameters import SPECIFICATIONS
from engine.storage.export.charts import Curve, chart
from engine.storage.export.exported_run import ExportedRun
from engine.training.metrics import class_metrics

MAX_MATRIX_CLASSES = 30
"""Classes; of more, the matrix is left out and its worst confusions are listed."""
MAX_CHANGES = 200
WORST = 20

_STYLE = """
:root{color-scheme:light dark;--ink:#1d2330;--paper:#fff;--faint:#d9dde5;--soft:#5b6475;
--a:#1b62c4;--b:#c2541b}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ef;--paper:#14171d;--faint:#343b48;--soft:#9aa4b5;
--a:#6aa9ff;--b:#ff9a5c}}
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:70rem;
margin:2rem auto;padding:0 1rem}h1,td,th,p{overflow-wrap:anywhere}.note{white-space:pre-wrap}
table{border-collapse:collapse;margin:.5rem 0}td,th{padding:.15rem .6rem;text-align:left;
border-bottom:1px solid var(--faint)}.n td,.n th{text-align:right}.charts{display:grid;
grid-template-columns:repeat(auto-fit,minmax(22rem,1fr));gap:1rem}svg{width:100%}
svg text{fill:var(--ink);font-size:14px}svg .tick{fill:var(--soft);font-size:12px}svg .title{font-weight:600}
.grid{stroke:var(--faint)}.best{stroke:var(--soft);stroke-dasharray:2 3}.curve{fill:none;stroke-width:2}
.curve.c0{stroke:var(--a)}.curve.c1{stroke:var(--b)}.dot.c0{fill:var(--a)}.dot.c1{fill:var(--b)}
.wide{overflow-x:auto}.changed{font-weight:600}
"""


def to_html(history: ExportedRun) -> str:
    """Return the report: result, curves, matrix, classes, hyperparameters, live changes, circumstances."""
    started = history.started
    title = started.name or started.run
    sections = [
        f"<h1>{_text(title)}</h1>",
        f"<p>Run {_text(started.run)}, begun {_text(history.created)}, {_text(history.state)}.</p>",
        f'<p class="note">{_text(history.note)}</p>' if history.note else "",
        "<h2>Result</h2>",
        _table(_result(history)),
        "<h2>Epochs</h2>",
        _charts(history),
        _matrix(history),
        "<h2>Hyperparameters</h2>",
        "<p>Those in bold, marked with *, are not the defaults.</p>",
        _hyperparameters(history),
        _changes(history),
        "<h2>Data and machine</h2>",
        _table(_environment(history)),
    ]
    body = "\n".join(section for section in sections if section)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"/>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>'
        f"<title>{_text(title)}</title><style>{_STYLE}</style></head>\n<body>\n{body}\n</body></html>\n"
    )


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
    lines = ["<tr><th></th>" + "".join(f"<th>{_text(name)}</th>" for name in names) + "</tr>"]
    for label, row in enumerate(matrix.rows()):
        total = sum(row) or 1
        cells = "".join(
            f'<td style="background:rgba({"27,98,196" if label == predicted else "194,84,27"},'
            f'{min(0.75, 3 * n / total) if label != predicted else 0.45 * n / total:.2f})">{n or ""}</td>'
            for predicted, n in enumerate(row)
        )
        lines.append(f"<tr><th>{_text(names[label])}</th>{cells}</tr>")
    return f'<div class="wide"><table class="n">{"".join(lines)}</table></div>'


def _worst(matrix: ConfusionMatrix, names: Sequence[str]) -> str:
    """Return the largest cells off the diagonal."""
    wrong = sorted((-n, true, predicted) for true, predicted, n in matrix.cells if true != predicted)[:WORST]
    if not wrong:
        return "<p>Nothing was confused.</p>"
    items = "".join(
        f"<li>class {_text(names[true])} predicted as {_text(names[predicted])}: {-n:,} times</li>"
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
        lines.append(f"<tr><th>{_text(names[figures.label])}</th>{cells}<td>{figures.support:,}</td></tr>")
    return f'<div class="wide"><table class="n">{"".join(lines)}</table></div>'


def _hyperparameters(history: ExportedRun) -> str:
    """Return all that the run started with, the changed ones marked."""
    given = history.started.hyperparameters
    lines = []
    for name, specification in SPECIFICATIONS.items():
        value = getattr(given, name)
        default = name in ("learning_rate", "threads") or value == specification.default
        row = (
            f"<td>{name}{'' if default else ' *'}</td><td>{_text(specification.format(value)) or 'none'}</td>"
        )
        lines.append(("<tr>" if default else '<tr class="changed">') + row + "</tr>")
    return f"<table>{''.join(lines)}</table>"


def _changes(history: ExportedRun) -> str:
    """Return what was changed during the run."""
    if not history.changes:
        return ""
    lines = "".join(
        f"<li>epoch {c.epoch}, after {c.batch:,} mini-batches: {_text(c.name)} from {_text(c.old)} "
        f"to {_text(c.new)}</li>"
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
    yield "NumPy", f"{machine.numpy}, {machine.blas}, threads: {machine.threads}"
    yield "Machine", machine.machine


def _table(rows: Iterable[tuple[str, str]]) -> str:
    lines = "".join(f"<tr><th>{_text(name)}</th><td>{_text(value)}</td></tr>" for name, value in rows)
    return f"<table>{lines}</table>"


def _loss(value: float | None) -> str:
    return "not a finite number" if value is None else f"{value:.4f}"


def _text(value: object) -> str:
    """Return a value as text that is safe in HTML: escaped, without control characters."""
    kept = "".join(c if c.isprintable() or c in "\n\t" else "�" for c in str(value))
    return escape(kept)

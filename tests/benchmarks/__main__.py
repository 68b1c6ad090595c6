"""The command line of the benchmarks."""

import json
import platform
from pathlib import Path

import click

from tests.benchmarks import memory, record, screen, speed
from tests.benchmarks.measuring import Row, table

PARTS = {"speed": speed.measure, "memory": memory.measure, "screen": screen.measure, "record": record.measure}


@click.command(help=__doc__)
@click.argument("parts", nargs=-1, type=click.Choice(list(PARTS)))
@click.option("--rounds", default=5, show_default=True, help="Rounds; each contender runs once in each.")
@click.option("--only", default="", help="Only cases whose name contains this text.")
@click.option("--json", "path", type=click.Path(path_type=Path), help="Write the rows as JSON, too.")
def main(parts: tuple[str, ...], rounds: int, only: str, path: Path | None) -> None:
    rows: list[Row] = []
    for part in parts or PARTS:
        for row in PARTS[part](rounds, only):
            rows.append(row)
            click.echo(f"  {row.case}: {row.ratio_text}", err=True)
    click.echo(f"{machine()}\n")
    click.echo(table(rows))
    if path:
        path.write_text(json.dumps([row.as_dict() for row in rows], indent=2) + "\n")


def machine() -> str:
    """Return the processor and the cores this process may use."""
    from engine.hyperparameters import available_cores

    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        name = lines[0].partition(":")[2].strip() if lines else name
    return f"{name}, {available_cores()} cores, Python {platform.python_version()}"


if __name__ == "__main__":
    main()

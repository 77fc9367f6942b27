"""Owns the commands: arguments in, plain lines out. What they measure is in the modules beside this one.

The help of every command is its docstring. Modules that only one command needs are imported by that command,
so that `fieldkit --version` stays quick.
"""

from __future__ import annotations

import json
from typing import Annotated

import typer

NOT_FOUND = 3
BELOW_LIMIT = 4

app = typer.Typer(name="fieldkit", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
profiles_app = typer.Typer(no_args_is_help=True, help="Read the device profiles that ship with the kit.")
app.add_typer(profiles_app, name="profiles")


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"fieldkit {version('fieldkit')}")
        raise typer.Exit()


@app.callback()
def fieldkit(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """What a field technician needs on somebody else's machine."""


@app.command()
def info(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Show what this machine is doing: memory, processors, processes."""
    from fieldkit import measure

    snapshot = measure.take_snapshot()
    typer.echo(json.dumps(snapshot.as_dict()) if as_json else snapshot.as_text())


@app.command()
def system() -> None:
    """Show what only this operating system knows of itself."""
    from fieldkit.platforms import describe

    for label, value in describe().items():
        typer.echo(f"{label}: {value}")


@app.command()
def hosts() -> None:
    """List the remote hosts that this machine talks to."""
    from fieldkit import measure

    found = measure.remote_hosts()
    for host in found:
        typer.echo(f"{host.address} {host.connection_count}")
    if not found:
        typer.echo("no remote hosts")


@app.command()
def certificates() -> None:
    """Load the certificate authorities that ship with the kit, and count them."""
    from fieldkit import trust

    typer.echo(f"{trust.count_authorities()} certificate authorities")


@app.command()
def disk(
    path: Annotated[str, typer.Argument(help="A folder on the disk.")] = ".",
    min_free: Annotated[float, typer.Option(help="Exit with 4 when less than this percentage is free.")] = 0.0,
) -> None:
    """Show how much of a disk is free, and fail where it is too little."""
    from fieldkit import measure

    percent = measure.free_percent(path)
    typer.echo(f"{percent:.1f} % free")
    if percent < min_free:
        typer.echo(f"less than {min_free:g} % free", err=True)
        raise typer.Exit(BELOW_LIMIT)


@app.command()
def convert(value: float, source: str, target: str) -> None:
    """Convert a reading: C and F, bar and psi, m and ft."""
    from fieldkit import units

    try:
        typer.echo(units.convert(value, source, target))
    except units.UnknownUnitError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(NOT_FOUND) from error


@app.command()
def watch(
    interval: Annotated[float, typer.Option(min=0.05, help="Seconds between two readings.")] = 1.0,
    count: Annotated[int, typer.Option(min=0, help="Stop after so many readings; 0 goes on.")] = 0,
) -> None:
    """Print READY, then a reading every few seconds until it is stopped."""
    from fieldkit import measure

    measure.take_snapshot()
    typer.echo("READY")
    for reading in measure.readings(interval, count):
        typer.echo(reading)


@profiles_app.command("list")
def list_profiles() -> None:
    """List the device profiles."""
    from fieldkit import profiles

    for name in profiles.names():
        typer.echo(name)


@profiles_app.command("show")
def show_profile(name: str) -> None:
    """Show one device profile."""
    from fieldkit import profiles

    try:
        typer.echo(profiles.load(name).as_text())
    except profiles.UnknownProfileError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(NOT_FOUND) from error


def main() -> None:
    """The entry of `[project.scripts]`."""
    app()

"""The command line: `python -m sweep [overrides] [-m]`. Checks everything it can before Hydra and the sweep begin.

Bad input ends with exit code 2, one message and nothing written; Hydra alone would end with 1, a traceback and a folder.
"""

from __future__ import annotations

import os
import sys
from argparse import ArgumentError, Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import hydra
from hydra._internal.utils import get_args_parser  # hydra.main itself parses with it; there is no public twin
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException

from sweep.address import masked
from sweep.cli import grammar
from sweep.cli.check import check
from sweep.cli.compose import first_lines, single
from sweep.errors import ConfigFault, Fault, NothingCompleted, did_you_mean, raise_all
from sweep.request import Request

VERSION_BASE = "1.3"
MULTIRUN = ("-m", "--multirun")
TELLS_ONLY = ("help", "hydra_help", "cfg", "info", "shell_completion")  # flags that print and run nothing
OWN_CONFIG = ("config_path", "config_name", "config_dir")  # flags with which Hydra reads other files than ours


def main(argv: list[str] | None = None) -> int:
    """Run one command line; the exit code: 0, 1 when no trial was completed or too many failed, 2 for bad input, 130 after
    Ctrl-C."""
    try:
        return 0 if _run(sys.argv[1:] if argv is None else argv) else 1
    except Fault as fault:
        return _refuse(fault)
    except NothingCompleted:
        return 1
    except (HydraException, OmegaConfBaseException) as error:
        return _refuse(ConfigFault(first_lines(error)))
    except KeyboardInterrupt:
        print("\nsweep: interrupted; what is finished is kept, the same command goes on from there", file=sys.stderr)
        return 130


def parsed(words: list[str]) -> tuple[Namespace, list[str]]:
    """The flags, and the words with all overrides behind all flags: Hydra takes them in one row only, not on both sides of -m.

    Raises: ConfigFault for a flag that does not exist, lacks its value, or is not offered.
    """
    parser = get_args_parser()
    parser.prog, parser.exit_on_error = "sweep", False
    try:
        args, rest = parser.parse_known_args(words)
    except ArgumentError as error:
        raise ConfigFault(f"{error.argument_name}: {error.message}; python -m sweep --help shows what can be typed") from error
    known = [flag for action in parser._actions for flag in action.option_strings if flag.startswith("--")]
    faults = [f"{word}: unknown flag{did_you_mean(word, known)}" for word in rest if word.startswith("-")]
    if args.experimental_rerun:
        faults.append("--experimental-rerun: not offered; the same command goes on with a study from where it ended")
    if (args.resolve or args.package) and not args.cfg:
        faults.append("--resolve and --package: expected beside --cfg, whose output they change")
    if args.run and args.multirun:
        faults.append("--run and --multirun: got both, expected one")
    raise_all(ConfigFault, faults)
    args.overrides, typed = [*args.overrides, *rest], [*args.overrides, *rest]
    flags = [word for word in words if word not in typed]
    if args.multirun and _tells(args):  # Hydra shows no sweep, but can show the configuration that is swept from
        flags = [word for word in flags if word not in MULTIRUN]
        typed = [str(override.input_line) for override in grammar.split(typed)[1]]
    return args, [*flags, *typed]


def _tells(args: Namespace) -> bool:
    return any(getattr(args, name) for name in TELLS_ONLY)


def conf_dir() -> Path:
    """The folder of our configuration: inside the installed package, else beside the checkout's src/."""
    package = Path(__file__).resolve().parents[1]
    return next(folder for folder in (package / "conf", package.parents[1] / "conf") if (folder / "config.yaml").is_file())


def _run(words: list[str]) -> bool:
    """False when a single trial was not completed. Raises: NothingCompleted for a sweep."""
    args, words = parsed(words)
    ours = not any(getattr(args, name) for name in OWN_CONFIG)
    if ours and not (args.hydra_help or args.shell_completion):
        how = {"multirun": bool(args.multirun), "composes": not args.help, "runs": not _tells(args)}
        check(conf_dir(), VERSION_BASE, args.overrides, **how)
    requests: list[Request] = []
    with _masking() if _tells(args) else nullcontext():
        _with_hydra(words, lambda composed: requests.append(single(composed, HydraConfig.get())))
    if not requests or _tells(args):
        return True
    from sweep.conduct import conduct  # loading torch takes seconds, and --help should not

    return conduct(requests[0])  # a run without -m: Hydra composed it, we conduct it


def _with_hydra(words: list[str], task: Callable[[DictConfig], Any]) -> None:
    """Hand over to Hydra, with our errors coming back as they are instead of being printed by it."""
    os.environ["HYDRA_FULL_ERROR"] = "1"
    sys.argv = ["sweep", *words]
    hydra.main(config_path=str(conf_dir()), config_name="config", version_base=VERSION_BASE)(task)()


@contextmanager
def _masking() -> Iterator[None]:
    """What Hydra prints, --cfg above all, shows no password."""
    heard = StringIO()
    try:
        with redirect_stdout(heard):
            yield
    finally:
        print(masked(heard.getvalue()), end="")


def _refuse(fault: Fault) -> int:
    head = "sweep: " if len(fault.faults) == 1 else f"sweep: {len(fault.faults)} faults\n  "
    print(head + "\n  ".join(masked(line) for line in fault.faults), file=sys.stderr)
    return 2

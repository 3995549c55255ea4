"""Commands by their names: those that only look, those that prepare, those that turn text into text."""

from __future__ import annotations

_LOOKING = """
    echo printf cd pushd popd export set unset shopt local declare readonly source . : true false exit return
    test [ [[ cat ls pwd date sleep env printenv which command type uname nproc touch tee head tail wc sort uniq
    read trap wait basename dirname realpath df du free break continue shift file ldd nm objdump readelf strings otool
"""
"""Commands that say, set or look: a script is about the others."""

_PREPARING = """
    rm mkdir rmdir cp mv ln chmod chown curl wget tar zip unzip gzip gunzip bzip2 zstd 7z xz
    apt apt-get dpkg brew choco dnf yum apk pacman snap rustup corepack nvm pyenv asdf mise gh docker-compose
    systemctl service kill killall pkill
"""
"""Commands that install, fetch, clean up or start something, whatever their arguments."""

_PREPARING_SUBCOMMANDS = """
    cargo: install binstall fetch clean generate-lockfile
    pip: install download
    pip3: install download
    pipx: install
    uv: sync pip venv python tool lock
    poetry: install config
    pdm: install sync
    hatch: env
    conda: install create
    npm: ci install i config
    yarn: install
    pnpm: install i
    bun: install
    gem: install
    bundle: install config
    go: install mod get
    docker: system pull login image rmi compose
    git: config fetch clone submodule checkout
    composer: install
    dotnet: restore
"""
"""Commands that prepare with these subcommands only."""

_RUNNING_SUBCOMMANDS = """
    hatch: run
    docker: run exec
    docker-compose: run exec
    rustup: run
    mise: run r exec x
    uv: run
    asdf: exec
    pyenv: exec
    nvm: exec run
"""
"""With these words, and with these options of ``docker compose up``, such commands run something all the same."""
_WAITS = frozenset(("--exit-code-from", "--abort-on-container-exit", "--abort-on-container-failure"))

FILTERS = frozenset(("grep", "egrep", "fgrep", "rg", "sed", "awk", "jq", "tr", "cut"))
"""Programs that look at text: inside of something else they only help it, alone they are a check."""

DECIDING = frozenset(("[", "test", "false"))
"""Commands that only say yes or no: at a script's end they are what it is about."""
TRIVIAL = frozenset(_LOOKING.split())
_PREPARING_NAMES = frozenset(_PREPARING.split())


def _pairs(table: str) -> frozenset[tuple[str, str]]:
    lines = (line.partition(":") for line in table.strip().splitlines())
    return frozenset((name.strip(), word) for name, _, words in lines for word in words.split())


_PREPARING_PAIRS = _pairs(_PREPARING_SUBCOMMANDS)
_RUNNING_PAIRS = _pairs(_RUNNING_SUBCOMMANDS)
_MAY_RUN = frozenset(name for name, _ in _RUNNING_PAIRS)


def prepare(words: tuple[str, ...]) -> bool:
    """Whether a command line installs, fetches, cleans up or starts something rather than checking the code."""
    if len(words) > 3 and words[0].startswith("python") and words[1][:1] == "-" and words[1][-1:] == "m":
        words = words[2:]
    name = words[0].rsplit("/", 1)[-1] if words else ""
    if name in _MAY_RUN and any(
        (name, word) in _RUNNING_PAIRS or word.partition("=")[0] in _WAITS for word in words[1:]
    ):
        return False
    if name in _PREPARING_NAMES or name in TRIVIAL or "--version" in words[1:3]:
        return True
    # `cargo +nightly install`: the toolchain is no subcommand.
    argument = next((word for word in words[1:] if not word.startswith(("+", "-"))), None)
    if argument is None:
        return name in ("yarn", "pip")
    return (name, argument) in _PREPARING_PAIRS

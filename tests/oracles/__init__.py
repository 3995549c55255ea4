"""Other people's tools, to hold covpath against: GitHub's own parser and evaluator, actionlint, zizmor.

From a test or a figure (``tests`` is on the path)::

    from oracles.github import evaluate_expressions, parse_workflows, schema_contexts
    from oracles.linters import actionlint, zizmor

    parse_workflows({"ci.yml": text, ...})     # -> {"ci.yml": Parsed(errors=(ParseError(...), ...)), ...}
    evaluate_expressions([Question(...), ...]) # -> [Answer(...), ...]
    schema_contexts()                          # -> {"job-if": ("github", ...), ...}
    actionlint({"ci.yml": text, ...})          # -> {"ci.yml": (Remark(...), ...), ...}
    zizmor([path, ...])                        # -> Zizmor(seconds=..., exit_code=..., findings=...)

The packages come from npm at the pinned versions of ``PACKAGES`` in ``install.py``, once, into
``$COVPATH_ORACLES`` or the user's cache folder. Where Node 20 or npm cannot be had, a test that asks skips and
says so; a figure can ask ``install.problem()`` first.

- ``parse_workflows`` gives every file its own time limit (10 s) in a worker thread of one Node process: a file that
  hangs or eats the memory gets the error ``TIMEOUT`` or ``CRASH`` and the others go on. Some 300 files a second.
  Files are texts: bytes that are not UTF-8 never reach the oracle.
- GitHub's parser hides ``parallel``/``background`` steps behind a feature flag; ``background_steps=True`` sets it.
- ``actionlint`` is 1.7.7 built for WebAssembly, without shellcheck and pyflakes: it does not know YAML anchors yet.
- ``zizmor`` is the Python package of the test extra; run offline, on paths.
"""

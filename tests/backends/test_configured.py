import pytest

from covpath.backends.configured import configured
from covpath.backends.pytest_config import addopts
from covpath.backends.words import words
from covpath.workflow.recipes.links import Reader

POM = """\
<project>
  <profiles>
  {profiles}
  </profiles>
</project>
"""
PLUGIN = "<plugin><artifactId>jacoco-maven-plugin</artifactId><goal>prepare-agent</goal></plugin>"


def shown(line: str, files: dict[str, str], directory: str | None = ".", **environ: str) -> str | None:
    found = configured(words(line), environ, directory, Reader(files.get))
    return f"{found.measure.backend} {found.place}" if found is not None else None


@pytest.mark.parametrize(
    ("line", "files"),
    [
        ("pytest", {}),
        ("pytest", {"pytest.ini": "[pytest]\naddopts = -ra\n"}),
        ("pytest", {"pytest.ini": "", "pyproject.toml": "[tool.pytest.ini_options]\naddopts = '--cov'\n"}),
        ("pytest --no-cov", {"pytest.ini": "[pytest]\naddopts = --cov\n"}),
        ("pytest -o addopts=", {"pytest.ini": "[pytest]\naddopts = --cov\n"}),
        ("pytest -c other.ini", {"pytest.ini": "[pytest]\naddopts = --cov\n"}),
        ("pytest", {"pyproject.toml": "not toml ["}),
        ("ruff check", {"pytest.ini": "[pytest]\naddopts = --cov\n"}),
        ("jest", {"jest.config.js": "module.exports = { collectCoverage: false }"}),
        ("mvn verify", {"pom.xml": POM.format(profiles=PLUGIN)}),
        ("mvn package -DskipTests", {"pom.xml": PLUGIN}),
        ("mvn clean", {"pom.xml": PLUGIN}),
        ("rspec", {"spec/spec_helper.rb": "SimpleCov.start if ENV['COVERAGE']"}),
        ("rspec", {"spec/spec_helper.rb": "if ENV['COVERAGE']\n  SimpleCov.start\nend"}),
    ],
)
def test_files_that_turn_nothing_on(line: str, files: dict[str, str]) -> None:
    assert shown(line, files) is None


def test_where_the_directory_is_not_known_nothing_is_claimed() -> None:
    assert shown("pytest", {"pytest.ini": "[pytest]\naddopts = --cov\n"}, directory=None) is None


@pytest.mark.parametrize(
    ("line", "files", "expected"),
    [
        ("pytest", {"pytest.ini": "[pytest]\naddopts =\n  -ra\n  --cov=a\n"}, "pytest-cov pytest.ini:4"),
        ("python -m pytest", {"tox.ini": "[pytest]\naddopts = --cov\n"}, "pytest-cov tox.ini:2"),
        ("pytest", {"setup.cfg": "[tool:pytest]\naddopts = --cov\n"}, "pytest-cov setup.cfg:2"),
        ("pytest", {"pyproject.toml": "[tool.pytest.ini_options]\naddopts = '--cov'\n"}, "pytest-cov pyproject.toml:2"),
        ("pytest", {"pytest.toml": "[pytest]\naddopts = ['--cov']\n"}, "pytest-cov pytest.toml:2"),
        ("pytest -c a.ini", {"a.ini": "[pytest]\naddopts = --cov\n"}, "pytest-cov a.ini:2"),
        ("jest", {"package.json": '{\n"jest": {"collectCoverage": true}}'}, "jest package.json:2"),
        ("vitest", {"vitest.config.ts": "test: { coverage: { enabled: true } }"}, "vitest vitest.config.ts:1"),
        ("mvn -B verify", {"pom.xml": PLUGIN}, "JaCoCo (Maven) pom.xml:1"),
        ("./gradlew check", {"build.gradle": "plugins {\n  id 'jacoco'\n}"}, "JaCoCo (Gradle) build.gradle:2"),
        ("rspec", {".simplecov": "SimpleCov.start"}, "SimpleCov .simplecov:1"),
    ],
)
def test_files_that_turn_coverage_on(line: str, files: dict[str, str], expected: str) -> None:
    assert shown(line, files) == expected


def test_a_condition_that_holds() -> None:
    files = {"spec/spec_helper.rb": "SimpleCov.start if ENV['COVERAGE']"}
    assert shown("rspec", files, COVERAGE="1") == "SimpleCov spec/spec_helper.rb:1"


def test_a_file_above_counts_where_the_nearer_one_is_not_pytests() -> None:
    files = {"a/pyproject.toml": "[project]\n", "pytest.ini": "[pytest]\naddopts = --cov\n"}
    found = addopts((), "a", Reader(files.get))
    assert found is not None
    assert str(found.place) == "pytest.ini:2"


def test_hostile_files_are_survived_in_time() -> None:
    files = {
        "pom.xml": "<artifactId>jacoco-maven-plugin</artifactId>" * 5_000,
        "karma.conf.js": "reporters: [" * 50_000,
    }
    assert shown("mvn verify", files) is None
    assert shown("karma start", files) is None

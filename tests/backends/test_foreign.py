import pytest

from covpath.backends.contract import Role
from covpath.backends.foreign import foreign_action, recognise_foreign
from covpath.backends.words import words


@pytest.mark.parametrize(
    "line",
    [
        "go test ./...",
        "go vet ./...",
        "jest",
        "jest --coverage=false",
        "vitest run --coverage.provider=v8",
        "gcovr --version",
        "lcov --extract all.info '/src/*' -o some.info",
        "mvn test",
        "mvn verify -Pjacoco -DskipTests",
        "./gradlew build",
        "dotnet test -c Release",
        "phpunit",
        "phpunit --warm-coverage-cache",
        "swift test",
        "tap --no-coverage",
        "$TOOL --coverage",
        "cargo llvm-cov",
        "make coverage",
    ],
)
def test_what_is_not_known_by_sight(line: str) -> None:
    assert recognise_foreign(words(line)) is None


@pytest.mark.parametrize(
    ("line", "backend", "role", "report"),
    [
        ("go test -race -coverprofile=c.out ./...", "go cover", Role.MEASURES, "c.out"),
        ("go test -cover ./...", "go cover", Role.MEASURES, None),
        ("gotestsum -- -coverprofile=c.out ./...", "go cover", Role.MEASURES, "c.out"),
        ("npx jest --coverage", "jest", Role.BOTH, "coverage/lcov.info"),
        ("pnpm exec vitest run --coverage", "vitest", Role.BOTH, None),
        ("gcovr -r . --xml -o coverage.xml", "gcovr", Role.WRITES_REPORT, "coverage.xml"),
        ("lcov --capture --directory . --output-file l.info", "lcov", Role.WRITES_REPORT, "l.info"),
        ("./mvnw -B verify -Pjacoco", "JaCoCo (Maven)", Role.BOTH, "target/site/jacoco/jacoco.xml"),
        ("./gradlew test jacocoTestReport", "JaCoCo (Gradle)", Role.BOTH, None),
        ('dotnet test --collect "XPlat Code Coverage"', "coverlet", Role.BOTH, "TestResults/*/coverage.cobertura.xml"),
        ("vendor/bin/phpunit --coverage-clover=c.xml", "PHPUnit", Role.BOTH, "c.xml"),
        ("rake coverage", "SimpleCov", Role.BOTH, None),
        ("kcov --exclude=x out ./a.out", "kcov", Role.BOTH, None),
        ("swift test --enable-code-coverage", "Swift", Role.BOTH, None),
        ("mix coveralls.json", "ExCoveralls", Role.BOTH, None),
        ("llvm-cov-18 export ./a.out", "LLVM's coverage", Role.WRITES_REPORT, None),
    ],
)
def test_tools_known_by_sight(line: str, backend: str, role: Role, report: str | None) -> None:
    found = recognise_foreign(words(line))
    assert found is not None
    assert (found.backend, found.role, found.report) == (backend, role, report)


def test_actions_that_measure() -> None:
    assert foreign_action("actions/checkout@v4", {}) is None
    assert foreign_action("julia-actions/julia-runtest@v1", {"coverage": "false"}) is None
    found = foreign_action("julia-actions/julia-runtest@v1", {})
    assert found is not None
    assert (found.backend, found.role) == ("Julia", Role.MEASURES)

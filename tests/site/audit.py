"""`make audit`: the pinned versions against the public database of known holes.

    python -m tests.site.audit [--where-it-answers]

pip-audit ends well also when it could look up nothing. Here that fails; with `--where-it-answers`,
for CI on machines without a way out, it is said and forgiven. A known hole always fails.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements.lock"


@dataclass(frozen=True)
class Findings:
    """What the database said of the pinned versions; packages it does not know are not `asked`."""

    asked: int
    unknown: tuple[str, ...]
    holes: tuple[str, ...]

    @classmethod
    def of(cls, report: str) -> "Findings":
        """Read pip-audit's report in JSON. Raises ValueError for what is none."""
        packages = json.loads(report)["dependencies"]
        known = [package for package in packages if "vulns" in package]
        return cls(
            asked=len(known),
            unknown=tuple(package["name"] for package in packages if "vulns" not in package),
            holes=tuple(
                f"{package['name']} {package['version']}: {hole['id']}, mended in "
                f"{', '.join(hole['fix_versions']) or 'no version yet'}"
                for package in known
                for hole in package["vulns"]
            ),
        )


def main() -> int:
    forgiving = sys.argv[1:] == ["--where-it-answers"]
    command = [sys.executable, "-m", "pip_audit", "--format=json", "--progress-spinner=off"]
    command += ["--disable-pip", "--require-hashes", f"--requirement={LOCK}"]
    audit = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        findings = Findings.of(audit.stdout)
    except ValueError:
        print(f"Not audited: {(audit.stderr.strip() or 'pip-audit said nothing').splitlines()[-1]}")
        return 0 if forgiving else 1
    print(told(findings))
    if findings.holes:
        return 1
    return 1 if findings.unknown and not forgiving else 0


def told(findings: Findings) -> str:
    """Return what a person is to read of it."""
    if not findings.asked:
        return f"Not audited: the database knows none of the {len(findings.unknown)} packages here."
    lines = [
        f"{findings.asked} packages audited, {len(findings.holes)} known holes.",
        *findings.holes,
    ]
    if findings.unknown:
        lines.append(f"Not known to the database: {', '.join(findings.unknown)}.")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())

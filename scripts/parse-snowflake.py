"""Parses what the Snowflake adapter sends in a real grammar of Snowflake's SQL (sqlglot), with no way out: a statement that
the grammar only keeps as an opaque command fails. `python3 scripts/parse-snowflake.py FILE`; the last line says how many."""

import re
import sys

import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel, ParseError


def statements(text: str) -> list[str]:
    """The golden file has a statement a line (or lines), ended by `;` at a line's end; comments are lines of their own."""
    body = "\n".join(line for line in text.splitlines() if not line.startswith("-- "))
    return [part.strip() for part in re.split(r";\n|;$", body) if part.strip()]


def parsed(sql: str) -> None:
    tree = sqlglot.parse_one(sql, dialect="snowflake", error_level=ErrorLevel.RAISE)
    if tree.find(exp.Command):
        raise ParseError("it is kept as a command that nobody has read")


def block_parts(sql: str) -> list[str] | None:
    """The SQL in a scripting block: sqlglot has no grammar for the block around it, which is held to this form."""
    match = re.fullmatch(r"EXECUTE IMMEDIATE '(.*)'", sql, re.DOTALL)
    if not match:
        return None
    text = match[1].replace("''", "'").replace("\\\\", "\\")
    form = re.fullmatch(r"DECLARE (?:\w+ (?:INTEGER|VARCHAR); ?)+BEGIN (.*); END", text, re.DOTALL)
    if not form:
        raise ParseError("the block is not DECLARE … BEGIN … END")
    parts = []
    for part in re.split(r"; ", form[1]):
        if re.fullmatch(r"\w+ := SQLROWCOUNT", part):
            continue
        part = re.sub(r" INTO :\w+(?:, :\w+)* FROM ", " FROM ", part)
        parts.append(re.sub(r"^RETURN ", "SELECT ", part))
    return parts


def main(path: str) -> int:
    failed = 0
    with open(path, encoding="utf-8") as file:
        found = statements(file.read())
    for sql in found:
        try:
            for part in block_parts(sql) or [sql]:
                parsed(part)
        except ParseError as error:
            failed += 1
            print(f"not Snowflake's SQL: {sql[:300]}\n  {str(error)[:300]}")
    print(f"{len(found) - failed} of {len(found)} statements parse as Snowflake's SQL (sqlglot {sqlglot.__version__})")
    return 1 if failed or not found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

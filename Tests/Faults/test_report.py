"""The page of the fault suite and the part of the containers stand in one file, and neither wipes away the other."""

import pytest
from report import put_containers, put_page


@pytest.fixture
def path(tmp_path):
    return tmp_path / "Faults.md"


def test_a_new_page_keeps_the_containers(path):
    put_page(path, "# Faults\n\nold\n")
    put_containers(path, "## In containers\n\nheld\n")
    put_page(path, "# Faults\n\nnew\n")
    assert path.read_text().startswith("# Faults\n\nnew\n\n")
    assert path.read_text().endswith("\n## In containers\n\nheld\n")
    assert "old" not in path.read_text()


def test_new_containers_keep_the_page(path):
    put_page(path, "# Faults\n\nheld\n")
    for word in ("old", "new"):
        put_containers(path, f"## In containers\n\n{word}\n")
    assert path.read_text().startswith("# Faults\n\nheld\n\n")
    assert path.read_text().count("## In containers") == 1
    assert path.read_text().endswith("\nnew\n")


def test_containers_alone(path):
    put_containers(path, "## In containers\n")
    assert path.read_text().startswith("# Faults\n")
    put_page(path, "# Faults\n\nheld\n")
    assert "## In containers\n" in path.read_text()


def test_a_page_alone(path):
    put_page(path, "# Faults\n")
    assert path.read_text() == "# Faults\n"

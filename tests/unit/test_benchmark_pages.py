"""What is said of speed is what was measured: report, picture and tables are made from the files of the series."""

from pathlib import Path

import pytest

from benchmarks import pages, report
from benchmarks.pages import PAGES, RESULTS
from benchmarks.series import SERIES

RESULTS_KEPT = pages.read()


def test_all_was_measured_on_one_machine_with_one_version() -> None:
    assert [each.series for each in RESULTS_KEPT] == [series.name for series in SERIES]
    assert len({str(each.machine) for each in RESULTS_KEPT}) == 1
    ours = [{name: version for name, version in each.versions.items() if name != "OpenTofu"} for each in RESULTS_KEPT]
    assert all(versions == ours[0] for versions in ours)


def test_the_report_is_of_the_results() -> None:
    assert (RESULTS / "report.md").read_text() == report.markdown(pages.tables())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_tables_of_a_page_are_of_the_results(page: Path) -> None:
    text = page.read_text()
    assert "<!-- benchmark: " in text
    assert pages.filled(text, pages.tables()) == text


def test_the_picture_is_of_the_results() -> None:
    picture = (RESULTS / "speed.png").read_bytes()
    assert b"Source\0" + pages.source().encode() in picture

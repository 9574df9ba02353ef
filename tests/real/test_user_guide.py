"""The GOV.UK way of reviewing: a real user guide of 119 articles, and 2,048 verdicts of the site's own tool."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
from pathlib import Path

import pytest

from kbtool.dates import parse_date, parse_interval
from kbtool.presets import PRESETS

CONFIG = """[tool.kbtool]
content = "source"
preset = "govuk"

[tool.kbtool.defaults."source/**"]
audience = "public"
owners = ["cloud-platform"]
product_areas = ["cloud-platform"]
"""
TODAY = "2026-04-22"

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def guide(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of the user guide with a configuration beside it; no article is touched."""
    folder = tmp_path_factory.mktemp("real") / "guide"
    subprocess.run(["git", "clone", "-q", shared / "real" / "user-guide.bundle", folder], check=True)
    (folder / "pyproject.toml").write_text(CONFIG)
    return folder


@pytest.fixture(scope="module")
def report(guide: Path, kbtool) -> dict:
    """The JSON report on the day of the last commit."""
    done = kbtool("check", "--format", "json", "--today", TODAY, cwd=guide)
    assert done.code == 1
    return done.json()


@pytest.fixture(scope="module")
def rows(shared: Path) -> list[dict]:
    """What plain git commands say of each article."""
    return json.loads((shared / "real" / "user-guide.json").read_text())


def test_every_article_has_the_verdict_that_its_dates_give(report: dict, rows: list[dict]) -> None:
    """All 119 articles agree on review_by and on being overdue: 105 are dated, 88 of them overdue."""
    ours = {found["path"]: found for found in report["articles"]}
    assert set(ours) == {row["path"] for row in rows}
    overdue = {finding["path"] for finding in report["findings"] if finding["code"] == "KB102"}
    assert {row["path"] for row in rows if row.get("overdue")} == overdue
    assert len(overdue) == 88
    for row in rows:
        assert ours[row["path"]]["review_by"] == row.get("review_by"), row["path"]
        expected = {"stale"} if row.get("overdue", True) else {"fresh", "due"}
        assert ours[row["path"]]["verdict"] in expected, row["path"]


def test_undated_articles_are_never_fresh(report: dict, rows: list[dict]) -> None:
    """The 14 articles without a date fire review-missing."""
    missing = {finding["path"] for finding in report["findings"] if finding["code"] == "KB101"}
    assert missing == {row["path"] for row in rows if not row["dated"]}
    assert len(missing) == 14


def test_no_article_is_unreadable(report: dict) -> None:
    """Nothing in these real articles reads as broken front matter or as a broken region."""
    assert not [finding for finding in report["findings"] if finding["code"] in ("KB001", "KB008", "KB401", "KB402", "KB405")]


def test_all_stored_verdicts_of_the_sites_own_tool(shared: Path) -> None:
    """2,048 verdicts of GOV.UK's tool, 266 of them expired: the same day, and expired from that day on."""
    rows = [json.loads(line) for line in (shared / "real" / "user-guide-verdicts.jsonl").read_text().splitlines()]
    assert len(rows) == 2048
    for row in rows:
        due = parse_interval(row["review_in"]).after(parse_date(row["last_reviewed_on"], PRESETS["govuk"].date_style))
        assert due.isoformat() == row["review_by"], row
        assert (due <= dt.date.fromisoformat(row["on"])) is row["expired"], row
    assert sum(row["expired"] for row in rows) == 266


def test_both_editions_build_without_a_change_to_the_articles(guide: Path, kbtool) -> None:
    """The folder's default makes the articles public; both sites hold every page, with titles, and links that lead somewhere."""
    done = kbtool("build", "--today", TODAY, cwd=guide)
    assert done.code == 1, "overdue articles are reported"
    assert done.out.endswith("public: 119 articles in site/public/\ninternal: 119 articles in site/internal/\n")
    page = (guide / "site/public/documentation/deploying-an-app/relational-databases/upgrade/index.html").read_text()
    assert '>Upgrading a database version or changing the instance type<a class="headerlink"' in page
    assert "current_page.data.title" not in page
    assert not subprocess.run(["git", "-C", guide, "status", "--porcelain", "source"], check=True, capture_output=True).stdout


def test_absolute_links_of_the_old_site_lead_to_pages(guide: Path) -> None:
    """Links such as /documentation/x.html become links between pages of the new site."""
    home = (guide / "site/public/index.html").read_text()
    assert 'href="documentation/concepts/what-is-the-cloud-platform/"' in home
    assert ".html#" not in home.replace("404.html", "")


# ---------------------------------------------------------------------------------------------- history


@pytest.fixture(scope="module")
def judged(guide: Path, judge):
    """The evidence about all reviews on the day of the last commit."""
    return judge(guide, TODAY)


@pytest.fixture(scope="module")
def dated(judged, rows: list[dict]) -> list[tuple[dict, object]]:
    """Each dated article: what plain git says of it, and its versions as we see them."""
    histories = judged.evidence.reviews.histories
    return [(row, histories.versions(row["path"])) for row in rows if row["dated"]]


def test_review_landings(judged, dated) -> None:
    """Plain facts: for all 105 dated articles, the landing that set the present date is the one by which its review landed."""
    reviews, articles = judged.evidence.reviews, {article.path: article for article in judged.evidence.articles}
    landings = reviews.main.line.landings
    for row, _ in dated:
        review = reviews.of(articles[row["path"]]).review
        assert landings.ids[review.landing] == row["review_landing"], row["path"]
        assert str(reviews.main.landed_on(review.landing)) == row["review_landed_on"]
        assert landings.ids[reviews.histories.reviews(row["path"])[-1][0]] == row["review_landing"]
    assert len(dated) == 105


def test_landings_since_the_review(judged, dated) -> None:
    """Plain facts: how many landings touched each article after that one; 20 articles have some."""
    numbers = judged.evidence.reviews.main.line.landings.numbers
    since = {row["path"]: sum(version.number > numbers[row["review_landing"]] for version in versions) for row, versions in dated}
    assert since == {row["path"]: row["landings_on_this_article_since"] for row, _ in dated}
    assert sum(number > 0 for number in since.values()) == 20


def test_reviews_that_changed_only_the_date(judged, dated) -> None:
    """Plain facts: 66 of the review landings left everything but date and interval as it was; our words then did not change either."""
    main, histories = judged.evidence.reviews.main, judged.evidence.reviews.histories
    only = 0
    for row, versions in dated:
        number = main.line.landings.numbers[row["review_landing"]]
        then = [version.blob for version in versions if version.number <= number][-2:]
        texts = dict(main.git.blobs(then))
        bare = [[line for line in texts[blob].split(b"\n") if not line.startswith((b"last_reviewed_on", b"review_in"))] for blob in then]
        assert (len(then) == 2 and bare[0] == bare[1]) is row["review_changed_only_the_date"], row["path"]
        if row["review_changed_only_the_date"]:
            only += 1
            assert number not in histories.rewordings(row["path"])
    assert only == 66


def test_words_that_changed_since_the_review(judged, dated) -> None:
    """DESIGN's stricter "since the review": the landings since, but for one that changed no word, and two branches that edited after they stamped."""
    found = {finding.path for finding in judged.found.findings if finding.code == "KB108"}
    plain = {row["path"] for row, _ in dated if row["landings_on_this_article_since"]}
    folder = "source/documentation"
    assert plain - found == {f"{folder}/networking/block-egress-traffic.md"}
    assert found - plain == {
        f"{folder}/deploying-an-app/container-repositories/create.md",
        f"{folder}/other-topics/combining-irsa-policies-to-avoid-15-policy-limit.md",
    }


def test_bulk_reviews(judged, dated) -> None:
    """DESIGN's measure of a real habit: 45 present dates came with three landings that moved more than ten of them."""
    bulk = judged.evidence.reviews.bulk
    sizes = sorted({count for _, count in bulk.values()}, reverse=True)
    assert sizes[:3] == [20, 14, 11]
    warned = {finding.path for finding in judged.found.findings if finding.code == "KB111"}
    assert warned == {path for path, (_, count) in bulk.items() if count > 10}
    assert len(warned) == 45


def test_a_warm_run_says_the_same(guide: Path, kbtool, report: dict) -> None:
    """The cache of one run changes nothing in the next."""
    for _ in range(2):
        assert kbtool("check", "--format", "json", "--today", TODAY, cwd=guide).json() == report
    assert kbtool("check", "--format", "json", "--no-cache", "--today", TODAY, cwd=guide).json() == report

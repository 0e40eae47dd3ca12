"""The page to look at, in a real browser."""

from __future__ import annotations

import os
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from previsionio_local import LocalPlatform

from tests.platform.client import FTP, Client
from tests.secret_search import leaked, planted
from tests.servers import proftpd

SECRET = planted()
PICTURES = Path(__file__).parents[2] / "local_platform" / "pictures"
"""Where the README has its pictures from: made anew with PICTURES=1 in the environment."""

CHECKS = (Path(__file__).parent / "page_checks.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # Of the module, not of the session: while it runs, nothing else in this thread can run an event loop.
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser, platform: LocalPlatform) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=platform.url, viewport={"width": 1100, "height": 760})
    context.set_default_timeout(20_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, platform: LocalPlatform) -> Iterator[Page]:
    """A page that is signed in; nothing on it may end in an error on the console."""
    page = context.new_page()
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(platform.sign_in_link())
    yield page
    assert errors == []


def picture(page: Page, name: str) -> None:
    if os.environ.get("PICTURES"):
        PICTURES.mkdir(exist_ok=True)
        page.screenshot(path=PICTURES / f"{name}.png")


def test_a_link_signs_in_once(context: BrowserContext, platform: LocalPlatform) -> None:
    page = context.new_page()
    for path in ("/", "/calls", "/docs", f"/project/{platform.project_id}", "/none", "/sign-in?code=wrong"):
        answer = page.goto(path)
        assert answer
        assert answer.status == 401
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        expect(page.get_by_text("previsionio-local status")).to_be_visible()
    link = platform.sign_in_link()
    page.goto(link)
    expect(page.get_by_role("heading", name="default")).to_be_visible()
    assert page.url == f"{platform.url}/"
    (cookie,) = context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Strict", "/")
    assert cookie["value"] not in link
    assert page.evaluate("document.cookie") == ""
    # The session opens the page, and nothing that programs use.
    assert page.request.get("/ext/v1/projects").status == 401
    assert page.request.get("/_local/project").status == 401
    # A form of another site has no cookie; one without a site is refused.
    assert page.request.post("/calls/clear").status == 403

    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    context.add_cookies([{"name": cookie["name"], "value": cookie["value"], "url": platform.url}])
    page.goto("/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto(link)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_failing_connection_and_a_mended_one(page: Page, client: Client, ftp: proftpd.FTP) -> None:
    connector = client.connector(name="sales files", password=SECRET)
    datasource = client.datasource(connector, path="customers.csv")
    page.goto("/")
    row = page.get_by_role("row", name="sales files")
    expect(row).to_contain_text("FTP reader@127.0.0.1:1")
    expect(row).to_contain_text("not tested")

    row.get_by_role("link").click()
    page.get_by_role("button", name="Test now").click()
    expect(page.locator("#test")).to_contain_text("failed: cannot reach 127.0.0.1:1: connection refused")
    picture(page, "connector-fails")
    expect(page.get_by_role("row", name="data")).to_contain_text("customers.csv")

    login = {"host": ftp.host, "port": ftp.port, "username": ftp.username, "password": ftp.password}
    client.put(f"/connectors/{connector['_id']}", **FTP | login)
    page.reload()
    expect(page.locator("#test")).to_have_text("not tested")
    page.get_by_role("button", name="Test now").click()
    expect(page.locator("#test")).to_contain_text("works at 20")

    page.goto(f"/data-source/{datasource['_id']}")
    page.get_by_role("button", name="Look now").click()
    expect(page.locator("#test")).to_contain_text("works at 20")
    page.get_by_role("link", name="Read the first rows").click()
    header = ftp.files["customers.csv"].decode().splitlines()[0].split(",")
    expect(page.get_by_role("region", name="First rows").get_by_role("columnheader")).to_have_text(header)


def test_a_snapshot_that_progresses(page: Page, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()

    def slowly(*_: object) -> Iterator[pa.RecordBatch]:
        yield pa.RecordBatch.from_pydict({"id": list(range(1234)), "name": ["<b>Ann</b>"] * 1234})
        assert go_on.wait(30)
        yield pa.RecordBatch.from_pydict({"id": list(range(66)), "name": ["Bob"] * 66})

    monkeypatch.setattr("previsionio_local.datasets.routes._rows_of_file", slowly)
    upload = {"files": {"file": ("x.csv", b"")}, "data": {"name": "orders"}}
    made = client.call("POST", "/projects/{project}/datasets/file", **upload).json()
    page.goto(f"/dataset/{made['_id']}")
    try:
        expect(page.locator("#state")).to_contain_text("running, 1,234 rows so far")
        expect(page.get_by_role("progressbar")).to_be_visible()
        picture(page, "snapshot")
    finally:
        go_on.set()
    expect(page.locator("#state")).to_have_text("done")  # by itself
    expect(page.get_by_text("1,300 rows, 2 columns")).to_be_visible()
    expect(page.get_by_role("cell", name="<b>Ann</b>")).to_have_count(10)
    expect(page.get_by_role("row", name="id int64")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV", exact=True).click()
    assert download.value.path().read_bytes().count(b"\n") == 1301


def test_calls_are_live_and_faults_are_planted(page: Page, client: Client) -> None:
    client.get("/projects")
    page.goto("/calls")
    rows = page.locator("#calls tr:visible")
    expect(rows).to_have_count(1)
    expect(page.get_by_role("status")).to_have_text("live")
    client.get("/version")
    client.call("GET", "/none", params={"q": "<i>"})
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text("/none?q=%3Ci%3E")
    expect(rows.first).to_contain_text("404")
    page.get_by_label("Filter").fill("get version")
    expect(rows).to_have_count(1)
    client.get("/version")
    client.get("/profile")
    expect(rows).to_have_count(2)
    page.goto("/calls?q=profile")
    expect(rows).to_have_count(1)

    page.get_by_label("Seconds that each call waits").fill("0.05")
    page.get_by_role("button", name="Set").click()
    expect(page.get_by_label("Seconds that each call waits")).to_have_value("0.05")
    page.get_by_label("What happens").select_option("status")
    page.get_by_label("Path, a regular expression").fill("^/version$")
    page.get_by_label("Status that is answered").fill("503")
    page.get_by_role("button", name="Plant it").click()
    expect(page.get_by_text("hit 0 of 1")).to_be_visible()
    assert client.call("GET", "/version").status_code == 503
    expect(rows.first).to_contain_text("503")
    picture(page, "calls")
    page.reload()
    expect(page.get_by_text("hit 1 of 1")).to_be_visible()
    page.get_by_role("button", name="Take all faults away").click()
    expect(page.get_by_text("None.")).to_be_visible()
    page.get_by_role("button", name="Forget these calls").click()
    expect(rows).to_have_count(0)


@pytest.fixture
def furnished(client: Client) -> Client:
    """A platform with one of everything, and of some things many, with odd names."""
    connector = client.connector(name="crm", type="SQL", port=3306, host="127.0.0.1", password=SECRET)
    archive = client.connector(name="archive", type="S3", username="AKIA1", password=SECRET)
    client.connector(name="lake", type="GCP", googleCredentials={"type": "service_account", "private_key": SECRET})
    table = client.datasource(connector, name="customers", database="crm", table="customers")
    query = "SELECT id\nFROM customers\nWHERE active"
    client.datasource(connector, name="active customers", database="crm", request=query)
    client.datasource(archive, name="orders of 2025", bucket="orders", path="2025.parquet")
    client.dataset(table, name="customers in May")
    client.upload(b"id,name\n1,Ann\n2,\n", name="orders")
    client.post("/projects", name="second", description="Of somebody else")
    return client


@pytest.fixture
def odd(furnished: Client) -> Client:
    """The same with what is too long, too wide or means something to a browser."""
    long = furnished.connector(name="x" * 300 + "<script>alert(1)</script>")
    furnished.datasource(long, name="y" * 300, path="a" * 300)
    furnished.upload(b",".join(b"c%d" % number for number in range(60)) + b"\n1" + 59 * b",1" + b"\n", name="wide")
    return furnished


def paths(client: Client) -> list[str]:
    found = ["/", "/calls", "/docs", "/none"]
    nouns = {"connectors": "connector", "data-sources": "data-source", "datasets": "dataset"}
    found += [f"/project/{client.project_id}"]
    for kind, noun in nouns.items():
        found += [f"/{noun}/{item['_id']}" for item in client.get(f"/projects/{{project}}/{kind}")["items"]]
    return found


def test_a_project_with_many_objects_is_shown_in_pages(page: Page, platform: LocalPlatform) -> None:
    platform.seed(connectors=[FTP | {"name": f"c{number}"} for number in range(450)])
    page.goto(f"/project/{platform.project_id}")
    pages = page.get_by_role("navigation", name="Pages of connectors")
    rows = page.locator("#live tbody tr")
    for shown, count in (("251 to 450 of 450", 200), ("51 to 250 of 450", 200), ("1 to 50 of 450", 50)):
        expect(pages).to_contain_text(shown)
        expect(rows).to_have_count(count)
        older = pages.get_by_role("link", name="Older")
        if not shown.startswith("1 "):
            older.click()
    expect(older).to_have_count(0)
    expect(page.get_by_role("link", name="c0", exact=True)).to_be_visible()
    pages.get_by_role("link", name="Newer").click()
    expect(pages).to_contain_text("51 to 250 of 450")
    page.goto(f"/project/{platform.project_id}?connectors=1000000")
    expect(rows).to_have_count(0)


def test_everybody_can_read_every_page(page: Page, odd: Client) -> None:
    problems: list[str] = []
    for path in paths(odd):
        if path == "/none":
            continue  # a 404 is an error on the console
        page.goto(path)
        for width, scheme in ((1100, "light"), (360, "dark")):
            page.set_viewport_size({"width": width, "height": 760})
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            problems += [f"{path} {width} {scheme}: {found}" for found in page.evaluate(CHECKS)]
    assert problems == []


def test_the_keyboard_is_enough(page: Page, furnished: Client) -> None:
    page.goto(f"/project/{furnished.project_id}")
    picture(page, "project")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    for _ in range(8):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "crm":
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="crm")).to_be_visible()
    page.get_by_role("button", name="Test now").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#test")).to_contain_text("failed")


def test_no_page_holds_a_secret(page: Page, odd: Client, platform: LocalPlatform) -> None:
    seen: list[str] = []
    for path in paths(odd):
        answer = page.request.get(path)
        assert answer.status == (404 if path == "/none" else 200), path
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        seen.append(answer.text())
    assert leaked([SECRET, platform.token], *seen) == []
    assert not any("<script>alert" in text for text in seen)


def test_objects_show_the_program_that_makes_them(page: Page, furnished: Client) -> None:
    page.goto(f"/project/{furnished.project_id}")
    page.get_by_role("link", name="crm").click()
    lines = page.get_by_label("Lines of a Pulumi program")
    expect(lines).to_contain_text("crm = previsionio.SQLConnector(")
    expect(lines).to_contain_text('password=config.require_secret("crmPassword")')
    connector_id = page.url.rpartition("/")[2]
    adopt = page.get_by_label("Command that takes it over")
    expect(adopt).to_have_text(f"pulumi-previsionio adopt --connector {connector_id} --as crm")
    page.get_by_role("link", name="customers", exact=True).click()
    expect(lines).to_contain_text("connector=crm")
    expect(page.get_by_role("heading", name="In a Pulumi program")).to_be_visible()


def test_the_reference_is_whole(page: Page, client: Client) -> None:
    page.goto("/docs")
    description = client.get("/openapi.json")
    operations = sum(len(methods) for methods in description["paths"].values())
    expect(page.locator("summary")).to_have_count(operations)
    page.get_by_text(re.compile(r"POST\s+/ext/v1/projects/\{project_id\}/connectors")).click()
    expect(page.get_by_role("row", name="googleCredentials")).to_be_visible()

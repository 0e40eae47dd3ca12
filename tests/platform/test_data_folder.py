"""The data folder: nobody else can read it, and what is damaged in it is one line that says what to do."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from previsionio_local import LocalPlatform
from previsionio_local import __main__ as main
from previsionio_local.access import holds_token
from previsionio_local.database import VERSION
from previsionio_local.encryption import token
from previsionio_local.folder import FolderError, write_whole

from tests.platform.client import client_of
from tests.platform.processes import largest_file, refused_start, rights_count

Damage = Callable[[Path], object]


def sql(*statements: str) -> Damage:
    def run(file: Path) -> None:
        with closing(sqlite3.connect(file)) as database:
            for statement in statements:
                database.execute(statement)
            database.commit()

    return run


def content(text: bytes) -> Damage:
    return lambda file: file.write_bytes(text)


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def of_another_program(file: Path) -> None:
    file.unlink()
    sql("CREATE TABLE bookmarks (url TEXT)")(file)


DAMAGES: dict[str, tuple[str, Damage, str]] = {
    "empty token": ("token", content(b""), "delete it, and a new token is made"),
    "token of spaces": ("token", content(b" \n"), "is damaged"),
    "half a token": ("token", cut, "is damaged"),
    "token that is no text": ("token", content(b"\xff" * 43), "is damaged"),
    "empty key": ("key", content(b""), "put a copy of it back"),
    "half a key": ("key", cut, "is damaged"),
    "empty database": ("platform.sqlite", content(b""), "missing or empty"),
    "no database": ("platform.sqlite", Path.unlink, "missing or empty"),
    "half a database": ("platform.sqlite", cut, "is damaged"),
    "no database at all": ("platform.sqlite", content(b"hello " * 1000), "is damaged"),
    "newer database": ("platform.sqlite", sql(f"PRAGMA user_version = {VERSION + 1}"), "upgrade previsionio-local"),
    "database of another program": ("platform.sqlite", of_another_program, "another program"),
}


@pytest.fixture(scope="module")
def used_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("used") / "data"
    with LocalPlatform(folder) as platform, client_of(platform) as client:
        client.datasource(client.connector())
    return folder


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_file_is_one_line_with_its_name(used_folder: Path, tmp_path: Path, name: str) -> None:
    file, damage, advice = DAMAGES[name]
    data = tmp_path / "data"
    shutil.copytree(used_folder, data)
    damage(data / file)
    before = {path: path.read_bytes() for path in data.iterdir() if path.is_file()}
    run = CliRunner(env={"PREVISION_MASTER_TOKEN": ""}).invoke(main.command, ["--data", str(data)])
    assert (run.exit_code, run.stdout) == (1, "")
    assert run.stderr.startswith(f"previsionio-local: {data / file} ")
    assert advice in run.stderr
    assert run.stderr.count("\n") == 1
    # Somebody may want to mend it: nothing was made better or worse.
    if damage is not of_another_program:
        assert {path: path.read_bytes() for path in before if path.exists()} == before


def test_a_database_of_an_earlier_version_is_brought_up_to_date(used_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(used_folder, tmp_path / "data")
    columns = [(table, column) for table in ("connectors", "data_sources") for column in ("tested_at", "test_error")]
    drops = [f"ALTER TABLE {table} DROP COLUMN {column}" for table, column in columns]
    sql(*drops, "PRAGMA user_version = 0")(tmp_path / "data" / "platform.sqlite")
    for _ in range(2):
        with LocalPlatform(tmp_path / "data") as platform, client_of(platform) as client:
            assert len(client.get("/projects/{project}/connectors")["items"]) == 1
            assert len(client.get("/projects/{project}/data-sources")["items"]) == 1


def test_a_full_disk_is_one_line_and_leaves_no_half_files(tmp_path: Path) -> None:
    told = refused_start(tmp_path, limit=largest_file(0))
    assert "the disk is full: make room" in told
    assert str(tmp_path) in told
    with LocalPlatform(tmp_path) as platform, client_of(platform) as client:
        assert client.get("/version")
        assert len(platform.token) == 43


def test_a_folder_without_the_right_to_write_is_one_line(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    told = refused_start(tmp_path, limit=rights_count)
    assert told == (
        f"previsionio-local: {tmp_path}/lock: this user may not write here: change that, or choose another folder with "
        "--data\n"
    )


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "token"
    write_whole(file, "first")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_whole(file, "second")
    assert [path.name for path in tmp_path.iterdir()] == ["token"]
    assert file.read_text() == "first"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_what_others_may_do_is_taken_from_them(used_folder: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(used_folder, data)
    paths = [data, *data.iterdir()]
    for path in paths:
        path.chmod(0o777)
    (tmp_path / "link").symlink_to(data)
    with LocalPlatform(tmp_path / "link"):
        assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in paths if path.exists()} == {0}


def test_no_token_opens_nothing(tmp_path: Path) -> None:
    for headers in ([(b"authorization", b"")], []):
        assert not holds_token(headers, "")
    for impossible in ("", "with space", "\xe9"):
        with pytest.raises(FolderError, match="PREVISION_MASTER_TOKEN"), LocalPlatform(tmp_path, token=impossible):
            pass


def test_no_token_is_a_flag_to_a_command_that_it_is_given_to(tmp_path: Path) -> None:
    folders = [tmp_path / str(number) for number in range(300)]
    for folder in folders:
        folder.mkdir()

    tokens = {token(folder, None) for folder in folders}

    assert len(tokens) == len(folders)
    assert not [each for each in tokens if not each.isalnum() or len(each) != 43]


def test_a_token_of_an_earlier_version_is_kept(tmp_path: Path) -> None:
    earlier = "-3JTM7zy2f7YWMin42uuXJKWp3WzJoCoMBqrJT5_gI0"
    (tmp_path / "token").write_text(earlier)

    assert token(tmp_path, None) == earlier


def test_rows_that_nobody_owns_go_at_start_and_on_reset(tmp_path: Path) -> None:
    snapshots = tmp_path / "snapshots"
    with LocalPlatform(tmp_path) as platform, client_of(platform) as client:
        kept = client.upload(b"a\n1\n")
        there = snapshots / f"{kept['_id']}.parquet"
        for name in ("0" * 24 + ".parquet", "0" * 24 + ".part"):
            shutil.copy(there, snapshots / name)
    with LocalPlatform(tmp_path) as platform, client_of(platform) as client:
        assert list(snapshots.iterdir()) == [there]
        assert client.call("GET", f"/datasets/{kept['_id']}/download").status_code == 200
        shutil.copy(there, snapshots / ("0" * 24 + ".parquet"))
        platform.reset()
        assert list(snapshots.iterdir()) == []

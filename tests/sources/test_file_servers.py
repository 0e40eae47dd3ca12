"""The file servers of the tests are real: they check passwords and hold what `content` says."""

import base64
import ftplib
import io

import paramiko
import pytest

from tests.servers.proftpd import FTP, SFTP


def ftp_login(server: FTP, password: str) -> ftplib.FTP:
    client = ftplib.FTP(timeout=10)
    try:
        client.connect(server.host, server.port)
        client.login(server.username, password)
    except BaseException:
        client.close()
        raise
    return client


def test_ftp_holds_the_known_files(ftp: FTP) -> None:
    with ftp_login(ftp, ftp.password) as client:
        for file, data in ftp.files.items():
            received = io.BytesIO()
            client.retrbinary(f"RETR {ftp.path(file)}", received.write)
            assert received.getvalue() == data
        listed = {name for name, _ in client.mlsd(ftp.path("exports"))}
        assert {"2024", "été à Paris"} <= listed


def test_ftp_refuses_what_it_should(ftp: FTP) -> None:
    with pytest.raises(ftplib.error_perm, match="530"):
        ftp_login(ftp, "wrong")
    with ftp_login(ftp, ftp.password) as client, pytest.raises(ftplib.error_perm, match="550"):
        client.retrbinary(f"RETR {ftp.path('nowhere.csv')}", print)


def sftp_login(server: SFTP, password: str) -> paramiko.SSHClient:
    client = paramiko.SSHClient()
    kind, key = server.host_key.split()[:2]
    client.get_host_keys().add(
        f"[{server.host}]:{server.port}", kind, paramiko.PKey.from_type_string(kind, base64.b64decode(key))
    )
    client.connect(
        server.host,
        server.port,
        server.username,
        password,
        look_for_keys=False,
        allow_agent=False,
        timeout=10,
    )
    return client


@pytest.fixture(params=["sftp", "openssh"])
def any_sftp(request: pytest.FixtureRequest) -> SFTP:
    found: SFTP = request.getfixturevalue(request.param)
    return found


def test_sftp_holds_the_known_files(any_sftp: SFTP) -> None:
    with sftp_login(any_sftp, any_sftp.password) as connection, connection.open_sftp() as client:
        for file, data in any_sftp.files.items():
            with client.open(any_sftp.path(file)) as remote:
                assert remote.read() == data
        assert set(client.listdir(any_sftp.path("exports"))) >= {"2024", "été à Paris"}


def test_sftp_refuses_what_it_should(any_sftp: SFTP) -> None:
    with pytest.raises(paramiko.AuthenticationException):
        sftp_login(any_sftp, "wrong")
    with (
        sftp_login(any_sftp, any_sftp.password) as connection,
        connection.open_sftp() as client,
        pytest.raises(FileNotFoundError),
    ):
        client.open(any_sftp.path("nowhere.csv"))


def test_paramiko_still_lists_no_folder_with_a_name_that_is_not_utf_8(any_sftp: SFTP) -> None:
    """When this fails, github.com/paramiko/paramiko/issues/546 is mended, and `sources.sftp._entries` can go."""
    with sftp_login(any_sftp, any_sftp.password) as connection, connection.open_sftp() as client:
        folder = any_sftp.path("names").encode()
        client.mkdir(folder)
        try:
            with client.open(folder + b"/caf\xe9.csv", "w"):
                pass
            with pytest.raises(UnicodeDecodeError):
                client.listdir(any_sftp.path("names"))
        finally:
            client.remove(folder + b"/caf\xe9.csv")
            client.rmdir(folder)

"""The plugin `random`: passwords."""

import secrets
import string

from tests.engine.clouds.stand_in import Kind, Properties, serve


def _make_password(inputs: Properties) -> tuple[str, Properties]:
    result = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(int(inputs["length"])))
    return "none", {"result": result}


if __name__ == "__main__":
    serve({"random:index/randomPassword:RandomPassword": Kind(_make_password)})

import pytest

# Their assertions explain themselves as those of the tests do.
pytest.register_assert_rewrite("tests.clients", "tests.frames", "tests.servers", "tests.yjs")

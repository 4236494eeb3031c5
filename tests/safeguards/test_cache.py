"""The cache in PostgreSQL counts exactly, even when thirty connections count at once."""

import json

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django_ratelimit.core import get_usage

from safeguards.cache import PostgresCache
from tests.parallel import in_parallel


def rows() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM safeguards_cache")
        return cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_thirty_connections_count_1200_times_and_none_is_lost():
    cache.set("counter", 0)
    in_parallel(lambda number: [cache.incr("counter") for _ in range(40)])
    assert cache.get("counter") == 1200


@pytest.mark.django_db(transaction=True)
def test_of_thirty_that_add_the_same_key_exactly_one_is_told_so():
    assert in_parallel(lambda number: cache.add("key", number)).count(True) == 1


@pytest.mark.django_db(transaction=True)
def test_of_thirty_that_add_over_an_entry_that_ran_out_exactly_one_is_told_so():
    cache.set("key", "old", timeout=-1)
    assert in_parallel(lambda number: cache.add("key", number)).count(True) == 1


@pytest.mark.django_db(transaction=True)
def test_django_ratelimit_lets_exactly_as_many_through_as_it_says():
    def try_once(number: int) -> bool:
        usage = get_usage(None, group="door", key=lambda group, request: "one", rate=(7, 3600), increment=True)
        return not usage["should_limit"]

    assert in_parallel(try_once).count(True) == 7


@pytest.mark.django_db
@pytest.mark.parametrize("value", [0, 17, 1.5, "text with \x00 in it", "", None, True, ["a", 1], {"a": [None]}])
def test_what_was_put_in_comes_out_again(value):
    cache.set("key", value)
    assert cache.get("key", "nothing") == value
    assert cache.has_key("key")


@pytest.mark.django_db
def test_an_object_that_json_cannot_say_is_refused_rather_than_pickled():
    with pytest.raises(TypeError):
        cache.set("key", object())


@pytest.mark.django_db
def test_an_entry_that_ran_out_is_gone_for_every_operation():
    cache.set("key", 1, timeout=0)
    assert cache.get("key") is None
    assert not cache.touch("key")
    assert not cache.delete("key")
    with pytest.raises(ValueError, match="no such counter"):
        cache.incr("key")


@pytest.mark.django_db
def test_counting_where_nothing_was_put_is_an_error_and_leaves_nothing_behind():
    with pytest.raises(ValueError, match="no such counter"):
        cache.incr("missing")
    assert rows() == 0


@pytest.mark.django_db
def test_counting_keeps_the_time_to_live():
    cache.set("key", 1, timeout=60)
    with connection.cursor() as cursor:
        cursor.execute("SELECT expires FROM safeguards_cache")
        before = cursor.fetchone()
        assert cache.incr("key", 5) == 6
        assert cache.decr("key") == 5
        cursor.execute("SELECT expires FROM safeguards_cache")
        assert cursor.fetchone() == before


@pytest.mark.django_db
def test_an_entry_may_last_for_ever_and_be_given_a_shorter_life():
    cache.set("key", 1, timeout=None)
    assert cache.get("key") == 1
    assert cache.touch("key", timeout=-1)
    assert cache.get("key") is None


@pytest.mark.django_db
def test_many_are_read_and_deleted_in_one_statement_each(django_assert_num_queries):
    cache.set_many({"a": 1, "b": 2, "c": 3})
    with django_assert_num_queries(2):
        assert cache.get_many(["a", "b", "missing"]) == {"a": 1, "b": 2}
        cache.delete_many(["a", "b"])
    assert cache.get_many(["a", "b", "c"]) == {"c": 3}


@pytest.mark.django_db
def test_one_operation_is_one_statement(django_assert_num_queries):
    with django_assert_num_queries(4):
        cache.add("key", 1)
        cache.incr("key")
        cache.get("key")
        cache.delete("key")


@pytest.mark.django_db
@pytest.mark.parametrize("how", ["on", "off"])
def test_each_entry_that_is_written_takes_two_that_ran_out_away(how):
    """And no more, however PostgreSQL plans it: some plans would ask for two again for each row that they look at."""
    for number in range(6):
        cache.set(f"live-{number}", 1)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL plan_cache_mode = force_custom_plan")
        for step in ("hashjoin", "hashagg", "sort", "material"):
            cursor.execute(f"SET LOCAL enable_{step} = {how}")
        cursor.execute("UPDATE safeguards_cache SET expires = statement_timestamp() - interval '1 second'")
    cache.add("new", 1)
    assert rows() == 5
    cache.set("new", 1)
    assert rows() == 3


@pytest.mark.django_db
def test_versions_and_prefixes_keep_entries_apart():
    PostgresCache("", {"KEY_PREFIX": "other"}).set("key", "theirs")
    cache.set("key", "second", version=2)
    cache.set("key", "ours")
    assert (cache.get("key"), cache.get("key", version=2)) == ("ours", "second")


@pytest.mark.django_db(transaction=True)
def test_a_count_inside_a_transaction_goes_with_it():
    cache.set("counter", 0)
    with transaction.atomic():
        cache.incr("counter")
        transaction.set_rollback(True)
    assert cache.get("counter") == 0


@pytest.mark.django_db
def test_the_table_is_unlogged_and_its_values_are_plain_json():
    cache.set("key", {"a": 1})
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'safeguards_cache'")
        assert cursor.fetchone() == ("u",)
        cursor.execute("SELECT value FROM safeguards_cache")
        assert json.loads(cursor.fetchone()[0]) == {"a": 1}

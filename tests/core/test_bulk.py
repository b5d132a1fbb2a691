"""One verb over many rows: what can be done is done, and every refusal says why."""

import pytest

from core.bulk import Report, for_each
from core.errors import Conflict, Forbidden, Missing, Unavailable
from directory.services import change_room
from tests.factories import RoomFactory


def test_good_rows_are_done_and_bad_ones_reported(practice, foreign_practice, admin_actor, at):
    RoomFactory(practice=practice, name="Taken")
    rooms = [RoomFactory(practice=practice, name=f"Room {number}").pk for number in range(3)]
    foreign = RoomFactory(practice=foreign_practice).pk
    names = {rooms[0]: "One", rooms[1]: "Taken", rooms[2]: "Three", foreign: "Four"}

    report = for_each(names, lambda pk: change_room(pk, values={"name": names[pk]}, by=admin_actor, at=at))

    assert report.done == [rooms[0], rooms[2]]
    assert {pk: type(why) for pk, why in report.refused.items()} == {rooms[1]: Conflict, foreign: Missing}
    stored = type(RoomFactory()).objects.filter(practice=practice).order_by("pk").values_list("name", flat=True)
    assert list(stored) == ["Taken", "One", "Room 1", "Three"]


@pytest.mark.parametrize("error", [Conflict("no"), Forbidden(), Missing(), Unavailable()])
def test_each_kind_of_refusal_is_reported(error):
    def call(pk):
        if pk == 2:
            raise error

    assert for_each([1, 2, 3], call) == Report(done=[1, 3], refused={2: error})


def test_a_mistake_of_the_program_is_not_a_refusal():
    def call(_pk):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        for_each([1], call)


def test_nothing_to_do_is_an_empty_report():
    assert for_each([], None) == Report(done=[], refused={})

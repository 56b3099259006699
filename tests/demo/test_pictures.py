"""The drawn things: always the same for the same arguments, different for another item, and true to what was asked."""

import io

import pytest
from PIL import Image, ImageChops, ImageStat

from app.demo.pictures import APPLIANCE_SHOTS, CAR_SHOTS, SHOTS, CarLook, draw_appliance, draw_car, draw_phone
from app.goods import catalogue


def picture(*args, **kwargs) -> Image.Image:
    return Image.open(io.BytesIO(draw_phone(*args, **kwargs))).convert("RGB")


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean difference of two pictures, 0 to 255."""
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean) / 3


@pytest.mark.parametrize("shot", SHOTS)
@pytest.mark.parametrize("wear", [0, 3])
def test_a_picture_is_a_jpeg_of_the_promised_size_and_not_too_heavy(shot, wear):
    data = draw_phone("item-1", shot, "starlight", wear)
    opened = Image.open(io.BytesIO(data))
    assert (opened.format, opened.size, opened.mode) == ("JPEG", (800, 600), "RGB")
    assert 8_000 < len(data) < 300_000


@pytest.mark.parametrize("shot", SHOTS)
def test_the_same_arguments_give_the_same_bytes(shot):
    assert draw_phone("item-2", shot, "blue", 2) == draw_phone("item-2", shot, "blue", 2)


def test_another_item_gives_a_visibly_different_picture():
    pictures = [picture(f"item-{number}", "front", "black", 1) for number in range(4)]
    for number, one in enumerate(pictures):
        for other in pictures[number + 1 :]:
            assert difference(one, other) > 5


def test_the_four_shots_of_one_item_differ():
    shots = [picture("item-3", shot, "red", 1) for shot in SHOTS]
    for number, one in enumerate(shots):
        for other in shots[number + 1 :]:
            assert difference(one, other) > 5


def test_the_back_has_the_colour_that_was_asked_for():
    red = ImageStat.Stat(picture("item-4", "back", "#C01818", 0).crop((360, 280, 440, 400))).mean
    blue = ImageStat.Stat(picture("item-4", "back", "#1830C0", 0).crop((360, 280, 440, 400))).mean
    assert red[0] > red[2] + 60
    assert blue[2] > blue[0] + 60


def test_wear_leaves_marks_and_a_new_phone_has_none():
    new, used, worn = (picture("item-5", "back", "midnight", wear) for wear in (0, 1, 3))
    assert 0 < difference(new, used) < difference(new, worn)


def test_phones_of_one_model_share_their_proportions_whatever_the_item():
    one = picture("item-6", "back", "white", 0, model="apple/iphone-13")
    assert difference(one, picture("item-6", "back", "white", 0, model="apple/iphone-13")) == 0
    others = [picture("item-6", "back", "white", 0, model=f"model-{number}") for number in range(5)]
    assert any(difference(one, other) > 1 for other in others)


@pytest.mark.parametrize(
    ("shot", "colour", "wear"),
    [
        ("top", "red", 0),
        ("front", "no-such-colour", 0),
        ("front", "#12", 0),
        ("front", "#GGGGGG", 0),
        ("front", "red", 4),
        ("front", "red", -1),
    ],
)
def test_an_unknown_shot_colour_or_wear_is_refused(shot, colour, wear):
    with pytest.raises(ValueError):
        draw_phone("item-7", shot, colour, wear)


LOOK = CarLook("suv", "blue", 52_000, electric=False, wear=1)


def car(seed: str, shot: str, look: CarLook = LOOK, model: str = "") -> Image.Image:
    return Image.open(io.BytesIO(draw_car(seed, shot, look, model=model))).convert("RGB")


def appliance(seed: str, shot: str, code: str, wear: int = 1) -> Image.Image:
    return Image.open(io.BytesIO(draw_appliance(seed, shot, code, wear))).convert("RGB")


def test_every_shot_of_a_car_shows_something_else_and_comes_out_the_same_again():
    shots = [car("c-1", shot) for shot in CAR_SHOTS]
    assert all(shot.size == (800, 600) for shot in shots)
    for number, one in enumerate(shots):
        for other in shots[number + 1 :]:
            assert difference(one, other) > 5
    assert difference(shots[0], car("c-1", CAR_SHOTS[0])) == 0


@pytest.mark.parametrize("body", [body.code for body in catalogue.bodies()])
def test_every_body_of_the_catalogue_is_drawn_in_the_colour_asked_for(body):
    red, blue = (
        car("c-2", "left_front", CarLook(body, colour, 80_000, electric=False, wear=0)) for colour in ("#B01818", "#1830B0")
    )
    # Differences in the middle of the door; the place around is the same.
    place = (330, 400, 470, 430)
    assert ImageStat.Stat(red.crop(place)).mean[0] > ImageStat.Stat(blue.crop(place)).mean[0] + 40
    assert difference(red.crop((0, 0, 800, 120)), blue.crop((0, 0, 800, 120))) == 0


def test_the_odometer_shows_the_mileage_and_an_electric_car_has_no_engine():
    other = CarLook("suv", "blue", 152_000, electric=False, wear=1)
    seen, again = car("c-3", "dashboard"), car("c-3", "dashboard", other)
    assert difference(seen.crop((250, 285, 330, 325)), again.crop((250, 285, 330, 325))) > 3
    assert difference(seen.crop((0, 0, 200, 150)), again.crop((0, 0, 200, 150))) == 0
    electric = CarLook("suv", "blue", 52_000, electric=True, wear=1)
    assert difference(car("c-3", "bay"), car("c-3", "bay", electric)) > 3


@pytest.mark.parametrize("kind", catalogue.APPLIANCE_TYPES)
def test_every_type_of_appliance_is_drawn_differently_for_each_item(kind):
    model = next(model for model in catalogue.all_models("appliance") if model.type == kind)
    code = f"{model.brand}/{model.code}"
    shots = [appliance("a-1", shot, code) for shot in APPLIANCE_SHOTS]
    assert all(shot.size == (800, 600) for shot in shots)
    for number, one in enumerate(shots):
        for other in shots[number + 1 :]:
            assert difference(one, other) > 5
    assert difference(shots[0], appliance("a-1", "whole", code)) == 0
    assert difference(shots[0], appliance("a-2", "whole", code)) > 1


def test_fridges_look_as_they_are_built():
    codes = [
        "haier/two-door-170",
        "haier/three-door-210",
        "haier/side-by-side-500",
        "haier/cross-door-500",
        "haier/chest-freezer-200",
    ]
    pictures = [appliance("a-3", "whole", code) for code in codes]
    for number, one in enumerate(pictures):
        for other in pictures[number + 1 :]:
            assert difference(one, other) > 0.3  # a door more is a line and a handle


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: draw_car("c", "roof", LOOK),
        lambda: draw_car("c", "bay", CarLook("suv", "blue", 1, electric=False, wear=4)),
        lambda: draw_car("c", "left_front", CarLook("suv", "no-such-colour", 1, electric=False, wear=0)),
        lambda: draw_appliance("a", "top", "haier/two-door-170", 0),
        lambda: draw_appliance("a", "whole", "haier/no-such-model", 0),
        lambda: draw_appliance("a", "whole", "nothing", 0),
        lambda: draw_appliance("a", "whole", "haier/two-door-170", 7),
    ],
)
def test_what_cannot_be_drawn_is_refused(wrong):
    with pytest.raises(ValueError, match="unknown"):
        wrong()
